add_test(NAME documented_metric_names
         COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/metric_names.py
                 ${CMAKE_SOURCE_DIR})
set_tests_properties(documented_metric_names PROPERTIES LABELS unit)
