find_package(simdjson REQUIRED)

kd_test(NAME ws_frames_golden_test LABEL golden
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/ws_frames_test.cc
        DEPS kd::codec simdjson::simdjson)
