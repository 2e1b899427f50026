# SPDX-License-Identifier: Apache-2.0
# The few shapes that a folder's CMakeLists.txt can have, so that each is a line or two.

# ss_module(NAME [deps…]): every .c of this folder but main.c as the static library ss_NAME, included as "NAME/x.h"; a folder of
# headers only is an interface library.
function(ss_module name)
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  set(type STATIC)
  set(scope PUBLIC)
  if(NOT sources)
    set(type INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(ss_${name} ${type} ${sources})
  target_include_directories(ss_${name} ${scope} ${PROJECT_SOURCE_DIR}/agent ${PROJECT_SOURCE_DIR}/agent/include)
  target_link_libraries(ss_${name} ${scope} ${ARGN})
endfunction()

# With SS_VALGRIND, tests run under it, and beside the scenesync program is one that does.
if(SS_VALGRIND)
  set(SS_RUNNER ${PROJECT_SOURCE_DIR}/scripts/valgrind)
  file(WRITE ${CMAKE_BINARY_DIR}/scenesync-valgrind "#!/bin/sh\nexec '${SS_RUNNER}' '${CMAKE_BINARY_DIR}/scenesync' \"$@\"\n")
  file(CHMOD ${CMAKE_BINARY_DIR}/scenesync-valgrind FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endif()

# ss_test(NAME SUITE SOURCES … DEPS … ARGS …): a program (programs/NAME) run by ctest with the label SUITE. cmocka is linked.
function(ss_test name suite)
  cmake_parse_arguments(PARSE_ARGV 2 test "" "" "SOURCES;DEPS;ARGS")
  add_executable(${name} ${test_SOURCES})
  target_link_libraries(${name} PRIVATE ${test_DEPS} dep::cmocka)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/agent)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/programs)
  add_test(NAME ${name} COMMAND ${SS_RUNNER} $<TARGET_FILE:${name}> ${test_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS ${suite})
endfunction()

# ss_fuzz_target(NAME SOURCES … DEPS …): LLVMFuzzerTestOneInput with libFuzzer in the fuzz preset (fuzz/NAME there); elsewhere a
# program that runs the seeds of tests/fuzz/seeds/NAME once, and what fuzzing found (tests/fuzz/corpus/NAME.tar.xz, unpacked into kept/NAME), as
# the ctest fuzz_NAME. So these are tested by every compiler.
function(ss_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 fuzz "" "" "SOURCES;DEPS")
  set(seeds ${PROJECT_SOURCE_DIR}/tests/fuzz/seeds/${name})
  file(GLOB archive CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}.tar.xz)
  if(archive)
    set(kept ${CMAKE_BINARY_DIR}/kept/${name})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${archive})
    if(${archive} IS_NEWER_THAN ${kept})
      file(REMOVE_RECURSE ${kept})
      file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${kept})
    endif()
    list(APPEND seeds ${kept})
  endif()
  add_executable(fuzz_${name} ${fuzz_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${fuzz_DEPS})
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/agent)
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz OUTPUT_NAME ${name})
  if(SS_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} -runs=0 ${seeds})
  else()
    target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/run_seeds.c)
    add_test(NAME fuzz_${name} COMMAND ${SS_RUNNER} $<TARGET_FILE:fuzz_${name}> ${seeds})
  endif()
  set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz)
endfunction()
