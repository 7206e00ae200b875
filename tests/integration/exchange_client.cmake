kd_test(NAME exchange_client_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/exchange_client_test.cc
        DEPS kd::market kd::connection kd_scripted_exchange)
