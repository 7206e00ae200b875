add_executable(kalshi-data ${CMAKE_CURRENT_LIST_DIR}/kalshi_data.cc)
target_link_libraries(kalshi-data PRIVATE kd::kalshi_data_app)
set_target_properties(kalshi-data PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
