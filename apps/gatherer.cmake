add_executable(gatherer ${CMAKE_CURRENT_LIST_DIR}/gatherer.cc)
target_link_libraries(gatherer PRIVATE kd::gatherer_app)
set_target_properties(gatherer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
