// SPDX-License-Identifier: Apache-2.0
// What the agent is told: flags before environment before file, and addresses with user and password taken out. (What is wrong and how that
// is said: tests/broker/test_agent_life.py.)
#include "edges_util.h"

#include "daemon/config.h"
#include "daemon/url.h"

enum { WORDS = 12 };

static bool reads(struct ss_config *config, const char *const *words) {
    char *copies[WORDS] = {0}, problem[512];
    int count = 0;
    for (; words[count] != NULL; count++) {
        copies[count] = strdup(words[count]);
    }
    const bool ok = ss_config_read(config, count, copies, true, problem, sizeof problem);
    assert_true(ok || strlen(problem) > 0);
    for (int i = 0; i < count; i++) {
        free(copies[i]);
    }
    return ok;
}

static void what_is_not_said_has_a_default(void **state) {
    (void)state;
    struct ss_config config;
    assert_true(reads(&config, (const char *[]){"--data", "d", "--socket", "s", NULL}));
    assert_string_equal(config.data, "d");
    assert_string_equal(config.socket, "s");
    assert_string_equal(config.prefix, "scenesync");
    assert_string_equal(config.user, "anonymous");
    assert_null(config.broker);
    assert_null(config.store);
    assert_int_equal(config.tcp_port, -1);
    assert_int_equal(config.linger_s, 0);
    assert_int_equal(config.leave_after_s, 300);
    assert_null(config.keep);
    assert_true(config.tls_verify);
    assert_int_equal(config.cache_bytes, 20ULL << 30);
    ss_config_finish(&config);
}

static void flags_go_before_the_environment_and_that_before_the_file(void **state) {
    struct bench *bench = *state;
    struct ss_config config;
    static const char text[] = "# a comment\n broker = mqtt://file \nstore=http://file\nuser = file\npassword = a = b\ncache_bytes = 3M\n"
                               "linger = 7\ntls_verify = no\ntcp = 0\nkeep = film, set-2\n";
    char path[PATH_MAX];
    bench_write(bench, "agent.ini", text, sizeof text - 1);
    bench_path(bench, "agent.ini", path);
    setenv("SCENESYNC_BROKER", "mqtt://environment", 1);
    setenv("SCENESYNC_STORE", "http://environment", 1);
    setenv("SCENESYNC_LINGER", "", 1); // empty: not set
    const char *words[] = {"--data", "d", "--config", path, "--broker", "mqtt://flag", "--socket", "s", NULL};
    assert_true(reads(&config, words));
    assert_string_equal(config.broker, "mqtt://flag:1883");
    assert_string_equal(config.store, "http://environment:80");
    assert_string_equal(config.user, "file");
    assert_string_equal(config.broker_password, "a = b");
    assert_int_equal(config.cache_bytes, 3 << 20);
    assert_int_equal(config.linger_s, 7);
    assert_int_equal(config.tcp_port, 0);
    assert_string_equal(config.keep, "film, set-2");
    assert_false(config.tls_verify);
    ss_config_finish(&config);
    unsetenv("SCENESYNC_BROKER");
    unsetenv("SCENESYNC_STORE");
    unsetenv("SCENESYNC_LINGER");
}

static const char *const MQTT[] = {"mqtt", "mqtts", "ws", "wss", NULL};
static const char *const HTTP[] = {"http", "https", NULL};

static void assert_url(const char *given, const char *const *schemes, const char *url, const char *user, const char *password) {
    char *text = strdup(given), *found_user = NULL, *found_password = NULL, why[SS_URL_WHY];
    assert_true(ss_url_take(&text, &found_user, &found_password, schemes, why));
    assert_string_equal(text, url);
    assert_string_equal(found_user != NULL ? found_user : "-", user);
    assert_string_equal(found_password != NULL ? found_password : "-", password);
    free(text);
    free(found_user);
    free(found_password);
}

static void addresses_are_made_whole_and_logins_taken_out(void **state) {
    (void)state;
    assert_url("mqtt://host", MQTT, "mqtt://host:1883", "-", "-");
    assert_url("mqtts://host:99", MQTT, "mqtts://host:99", "-", "-");
    assert_url("ws://host", MQTT, "ws://host:80/mqtt", "-", "-");
    assert_url("wss://host/path/", MQTT, "wss://host:443/path", "-", "-");
    assert_url("mqtt://[::1]", MQTT, "mqtt://[::1]:1883", "-", "-");
    assert_url("mqtt://[fe80::1]:99", MQTT, "mqtt://[fe80::1]:99", "-", "-");
    assert_url("http://host/a/b//", HTTP, "http://host:80/a/b", "-", "-");
    assert_url("mqtt://ada@host", MQTT, "mqtt://host:1883", "ada", "-");
    assert_url("mqtt://ada:@host", MQTT, "mqtt://host:1883", "ada", "");
    assert_url("https://ada:p%40ss%3a%2F@host", HTTP, "https://host:443", "ada", "p@ss:/");
    assert_url("mqtt://ada:a@b@host", MQTT, "mqtt://host:1883", "ada", "a@b");
    assert_url("mqtt://ada:100%@host", MQTT, "mqtt://host:1883", "ada", "100%");
    assert_url("mqtt://ada:a%00b@host", MQTT, "mqtt://host:1883", "ada", "a%00b");
}

static void what_is_no_address_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "host",
                                        "mqtt:/host",
                                        "http://host",
                                        "mqtt://",
                                        "mqtt://:1",
                                        "mqtt://[::1",
                                        "mqtt://host:0",
                                        "mqtt://host:65536",
                                        "mqtt://host:1x",
                                        "mqtt://host: 80",
                                        "mqtt://host:+80",
                                        "mqtt://[::1]x:80",
                                        "mqtt://a host",
                                        "mqtt://host?name",
                                        "mqtt://host/a\tpath",
                                        "mqtt://ada@",
                                        "mqtt://ada:secret/more@host",
                                        "MQTT://host"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = strdup(wrong[i]), *user = NULL, *password = NULL, why[SS_URL_WHY] = "";
        assert_false(ss_url_take(&text, &user, &password, MQTT, why));
        assert_true(strlen(why) > 0);
        assert_null(strstr(why, "secret"));
        assert_string_equal(text, wrong[i]);
        free(text);
        free(user);
        free(password);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_has_a_default),
        cmocka_unit_test_setup_teardown(flags_go_before_the_environment_and_that_before_the_file, bench_setup, bench_teardown),
        cmocka_unit_test(addresses_are_made_whole_and_logins_taken_out),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
