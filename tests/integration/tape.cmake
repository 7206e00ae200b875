kd_test(NAME tape_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/tape_writer_test.cc
        DEPS kd::tape)
target_include_directories(tape_integration_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
