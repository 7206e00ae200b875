kd_test(NAME metadata_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/metadata_sync_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/metadata_sim_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/metadata_world.cc
        DEPS kd::metadata kd::exchange_sim_app kd_pg_cluster kd_scripted_exchange)
kd_on_both_engines(metadata_integration_test)
