kd_library(NAME time_option SOURCES time_option.cc DEPS kd::base kd::model TESTS time_option_test.cc)
