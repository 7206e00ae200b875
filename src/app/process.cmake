find_package(CLI11 REQUIRED)

# What the main function of every program needs.
kd_library(NAME process
           SOURCES daemon_cli.cc stop_signals.cc
           DEPS kd::base
           PRIVATE_DEPS CLI11::CLI11)
