kd_test(NAME writer_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/writer_test.cc
        DEPS kd::writer kd_pg_cluster)
