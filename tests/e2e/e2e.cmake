kd_test(NAME platform_e2e_test LABEL e2e
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/workbench.cc ${CMAKE_CURRENT_LIST_DIR}/platform_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/bad_input_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/real_exchange_test.cc
        DEPS kd::kalshi_data_app kd_pg_cluster)
add_dependencies(platform_e2e_test exchange-sim gatherer deduplicator kalshi-data)
