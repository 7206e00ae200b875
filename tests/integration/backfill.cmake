kd_test(NAME backfill_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/backfill_trades_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/backfill_audit_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/backfill_plan_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/backfill_reconcile_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/backfill_world.cc
        DEPS kd::backfill kd::sim kd_pg_cluster kd_scripted_exchange)
kd_on_both_engines(backfill_integration_test)
