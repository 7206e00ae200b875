add_executable(deduplicator ${CMAKE_CURRENT_LIST_DIR}/deduplicator.cc)
target_link_libraries(deduplicator PRIVATE kd::deduplicator_app)
set_target_properties(deduplicator PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
