kd_test(NAME database_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/database_schema_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/database_connection_test.cc
        DEPS kd::database kd_pg_cluster)
kd_on_both_engines(database_integration_test)
