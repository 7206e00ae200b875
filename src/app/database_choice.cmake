kd_library(NAME database_choice SOURCES database_choice.cc DEPS kd::config kd::database PRIVATE_DEPS
               CLI11::CLI11)
