# SPDX-License-Identifier: Apache-2.0
# How every C file here is compiled. SS_SANITIZE, SS_FUZZ and SS_VALGRIND are set by the presets.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Assertions stay on in what users run: a broken invariant must stop the agent before it is published to everybody.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g -D_FORTIFY_SOURCE=2")

set(SS_SANITIZE "" CACHE STRING "sanitizers to compile with, as -fsanitize= takes them")
option(SS_FUZZ "make the fuzz targets (clang only)" OFF)
option(SS_VALGRIND "have ctest run programs under valgrind" OFF)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
  -fno-common -fstack-protector-strong)
if(SS_SANITIZE)
  add_compile_options(-fsanitize=${SS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SS_SANITIZE})
  if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    # What GCC's warnings about lengths and initialisation say of instrumented code is often wrong; the release build has them.
    add_compile_options(-Wno-format-truncation -Wno-format-overflow -Wno-stringop-overflow -Wno-maybe-uninitialized)
  endif()
endif()
if(SS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
