kd_library(NAME verify_commands
           SOURCES verify_command.cc verify_report.cc verify_run.cc
           DEPS kd::backfill kd::book kd::coverage kd::coverage_answer kd::database_choice
                kd::time_option
           PRIVATE_DEPS CLI11::CLI11)
