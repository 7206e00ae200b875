kd_library(NAME universe_commands
           SOURCES universe_command.cc universe_preview.cc
           DEPS kd::api kd::config kd::market
           PRIVATE_DEPS kd::daemon_parts CLI11::CLI11
           TESTS universe_preview_test.cc)
