kd_test(NAME book_integration_test LABEL integration
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/book_at_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/book_command_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/book_fold_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/book_verifier_test.cc
                ${CMAKE_CURRENT_LIST_DIR}/book_world.cc
        DEPS kd::book kd::book_commands kd::verify_commands kd_pg_cluster kd_generated_market)
kd_on_both_engines(book_integration_test)
