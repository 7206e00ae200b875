kd_test(NAME dedup_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/dedup_merge_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/dedup_evidence_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/dedup_leader_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/dedup_recovery_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/dedup_shard_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/dedup_world.cc
        DEPS kd::dedup kd_pg_cluster kd_cuttable_proxy)
kd_on_both_engines(dedup_integration_test)
