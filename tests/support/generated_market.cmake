add_library(kd_generated_market ${CMAKE_CURRENT_LIST_DIR}/generated_market.cc)
target_link_libraries(kd_generated_market PUBLIC kd_options kd::book)
target_include_directories(kd_generated_market PUBLIC ${CMAKE_SOURCE_DIR}/tests)
