kd_test(NAME coverage_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/coverage_keeper_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/coverage_random_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/coverage_world.cc
        DEPS kd::coverage kd::coverage_answer kd::audit kd_pg_cluster)
kd_on_both_engines(coverage_integration_test)
kd_test(NAME coverage_rule_test LABEL unit
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/coverage_rule_test.cc
        DEPS kd::coverage kd::audit)
