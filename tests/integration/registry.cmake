kd_test(NAME registry_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/registry_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/registry_poller_sim_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/rest_client_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/poller_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/universe_preview_test.cc
        DEPS kd::market kd::poller kd::universe_commands kd::exchange_sim_app kd_scripted_exchange)
