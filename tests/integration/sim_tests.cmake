kd_test(NAME sim_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/sim_server_test.cc
        DEPS kd::exchange_sim_app)
kd_test(NAME sim_faults_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/sim_faults_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/sim_fault_connections_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/sim_fault_exchange_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/sim_world.cc
        DEPS kd::exchange_sim_app kd::codec kd_raw_client)
