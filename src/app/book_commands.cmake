kd_library(NAME book_commands
           SOURCES book_command.cc book_table.cc line_coverage.cc
           DEPS kd::book kd::coverage kd::coverage_answer kd::database_choice kd::time_option
           PRIVATE_DEPS CLI11::CLI11
           TESTS book_command_test.cc book_table_test.cc
           TEST_DEPS CLI11::CLI11)
