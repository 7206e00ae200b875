kd_library(NAME coverage_commands
           SOURCES coverage_command.cc coverage_report.cc
           DEPS kd::coverage kd::database_choice kd::time_option
           PRIVATE_DEPS CLI11::CLI11
           TESTS coverage_command_test.cc coverage_report_test.cc)
