add_library(kd_scripted_exchange ${CMAKE_CURRENT_LIST_DIR}/scripted_exchange.cc
                                 ${CMAKE_CURRENT_LIST_DIR}/scripted_books.cc)
target_link_libraries(kd_scripted_exchange PUBLIC kd_options kd::net)
target_include_directories(kd_scripted_exchange PUBLIC ${CMAKE_SOURCE_DIR}/tests)
