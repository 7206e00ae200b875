add_library(kd_raw_client ${CMAKE_CURRENT_LIST_DIR}/raw_client.cc)
target_link_libraries(kd_raw_client PUBLIC kd_options)
target_include_directories(kd_raw_client PUBLIC ${CMAKE_SOURCE_DIR}/tests)
