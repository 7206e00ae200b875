kd_library(NAME backfill_commands
           SOURCES backfill_command.cc
           DEPS kd::database_choice
           PRIVATE_DEPS kd::backfill kd::daemon_parts kd::time_option CLI11::CLI11)
