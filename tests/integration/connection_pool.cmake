kd_test(NAME connection_pool_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/connection_pool_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/ws_client_test.cc
        DEPS kd::connection kd_scripted_exchange)
