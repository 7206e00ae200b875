kd_test(NAME randomised_merge_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/randomised_merge_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/merge_line.cc
                ${CMAKE_CURRENT_LIST_DIR}/merge_truth.cc
                ${CMAKE_CURRENT_LIST_DIR}/dedup_world.cc
        DEPS kd::coverage kd::dedup kd::router kd_pg_cluster)
kd_on_both_engines(randomised_merge_test)
