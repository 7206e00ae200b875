kd_library(NAME storage_options
           SOURCES storage_options.cc
           DEPS kd::config kd::database)
kd_library(NAME doctor_commands
           SOURCES doctor_command.cc
           DEPS kd::config kd::database kd::storage_options
           PRIVATE_DEPS CLI11::CLI11)
