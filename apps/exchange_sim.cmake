add_executable(exchange-sim ${CMAKE_CURRENT_LIST_DIR}/exchange_sim.cc)
target_link_libraries(exchange-sim PRIVATE kd::exchange_sim_app)
set_target_properties(exchange-sim PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
