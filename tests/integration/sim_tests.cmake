kd_test(NAME sim_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/sim_server_test.cc
        DEPS kd::exchange_sim_app)
