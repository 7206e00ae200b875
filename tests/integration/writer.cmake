kd_test(NAME writer_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/writer_test.cc
        DEPS kd::writer kd_pg_cluster)

find_package(simdjson REQUIRED)
kd_test(NAME rows_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/rows_test.cc
        DEPS kd::router kd::writer kd_pg_cluster simdjson::simdjson)
