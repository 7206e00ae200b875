# One call declares a library, its warnings and its unit tests.
#
#   kd_library(NAME codec
#              SOURCES decoder.cc
#              DEPS kd::model            # appears in our headers
#              PRIVATE_DEPS simdjson     # appears only in our .cc files
#              TESTS decoder_test.cc)
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
include(GoogleTest)

add_library(kd_options INTERFACE)
target_compile_features(kd_options INTERFACE cxx_std_20)
target_compile_options(kd_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${KD_WERROR}>:-Werror>)
target_include_directories(kd_options INTERFACE ${CMAKE_SOURCE_DIR}/src)

function(kd_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(kd_${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(kd_${ARG_NAME} PUBLIC kd_options ${ARG_DEPS}
                                         PRIVATE ${ARG_PRIVATE_DEPS})
  else()  # header-only
    add_library(kd_${ARG_NAME} INTERFACE)
    target_link_libraries(kd_${ARG_NAME} INTERFACE kd_options ${ARG_DEPS})
  endif()
  add_library(kd::${ARG_NAME} ALIAS kd_${ARG_NAME})
  if(ARG_TESTS)
    kd_test(NAME ${ARG_NAME}_test SOURCES ${ARG_TESTS} DEPS kd::${ARG_NAME} ${ARG_TEST_DEPS}
            LABEL unit)
  endif()
endfunction()

# A test program: NAME, SOURCES, DEPS, LABEL (unit, golden, integration, e2e). Each case is one
# ctest entry; integration and e2e cases start servers, so they run one after another.
function(kd_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE kd_options ${ARG_DEPS} GTest::gmock_main)
  target_compile_definitions(${ARG_NAME} PRIVATE KD_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                                 KD_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(ARG_LABEL STREQUAL "unit" OR ARG_LABEL STREQUAL "golden")
    gtest_discover_tests(${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 120
                         DISCOVERY_TIMEOUT 60)
  else()
    gtest_discover_tests(${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 900
                         RUN_SERIAL TRUE DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
