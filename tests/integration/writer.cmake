kd_test(NAME writer_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/writer_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/resync_inbox_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/writer_spill_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/writer_crash_test.cc
        DEPS kd_writer_process)

find_package(simdjson REQUIRED)
kd_test(NAME rows_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/rows_test.cc
        DEPS kd::router kd_writer_process simdjson::simdjson)
kd_on_both_engines(writer_integration_test rows_integration_test)
