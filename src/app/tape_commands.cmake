kd_library(NAME tape_commands
           SOURCES tape_cli.cc tape_command.cc tape_decode.cc tape_files.cc tape_rows.cc
           DEPS kd::tape
           PRIVATE_DEPS CLI11::CLI11
           TESTS tape_cli_test.cc tape_rows_test.cc
           TEST_DEPS CLI11::CLI11)
