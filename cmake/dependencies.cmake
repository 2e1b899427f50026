# SPDX-License-Identifier: Apache-2.0
# Every library from outside, as one target each: dep::paho, dep::msgpack, dep::curl, dep::uv, dep::lmdb, dep::zstd,
# dep::crypto, dep::cjson, dep::uthash, dep::threads, dep::cmocka. docs/dependencies.md says why each is here.
#
# What Debian ships as an archive is linked statically, so that one agent binary runs on every release (the name of
# msgpack's library differs between 12 and 13, Paho must be static to have its socket calls wrapped).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS SSL Crypto)

function(ss_archive target header)
  find_path(${target}_INCLUDE ${header} REQUIRED)
  find_library(${target}_LIBRARY NAMES ${ARGN} REQUIRED)
  add_library(dep::${target} STATIC IMPORTED GLOBAL)
  set_target_properties(dep::${target} PROPERTIES
    IMPORTED_LOCATION ${${target}_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${${target}_INCLUDE})
endfunction()

function(ss_shared target module)
  pkg_check_modules(${target} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  add_library(dep::${target} ALIAS PkgConfig::${target})
endfunction()

add_library(ss_threads INTERFACE)
target_link_libraries(ss_threads INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
add_library(dep::threads ALIAS ss_threads)
add_library(dep::crypto ALIAS OpenSSL::Crypto)

ss_archive(paho MQTTAsync.h libpaho-mqtt3as.a)
target_link_libraries(dep::paho INTERFACE OpenSSL::SSL OpenSSL::Crypto dep::threads)
ss_archive(msgpack msgpack.h libmsgpackc.a libmsgpack-c.a)
ss_archive(uv uv.h libuv_a.a libuv.a)
target_link_libraries(dep::uv INTERFACE dep::threads)
ss_archive(lmdb lmdb.h liblmdb.a)
target_link_libraries(dep::lmdb INTERFACE dep::threads)
ss_archive(zstd zstd.h libzstd.a)
target_link_libraries(dep::zstd INTERFACE dep::threads)
ss_shared(curl libcurl)
ss_shared(cjson libcjson)
ss_shared(cmocka cmocka)

find_path(UTHASH_INCLUDE uthash.h REQUIRED)
add_library(ss_uthash INTERFACE)
target_include_directories(ss_uthash SYSTEM INTERFACE ${UTHASH_INCLUDE})
add_library(dep::uthash ALIAS ss_uthash)
