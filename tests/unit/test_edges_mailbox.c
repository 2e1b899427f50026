// SPDX-License-Identifier: Apache-2.0
// The mailbox between threads and the loop: in order, nothing lost, and never more bytes than allowed.
#include "edges_util.h"

#include "edges/mailbox.h"

enum { THREADS = 4, LETTERS = 5000 };

struct letter {
    struct ss_mail mail;
    unsigned *last;
    unsigned number;
};

static void read_letter(struct ss_mail *mail) {
    struct letter *letter = (struct letter *)mail;
    assert_int_equal(letter->number, *letter->last + 1);
    *letter->last = letter->number;
    free(letter);
}

static struct letter *write_letter(unsigned *last, unsigned number, size_t size) {
    struct letter *letter = calloc(1, sizeof *letter);
    *letter = (struct letter){{.size = size, .deliver = read_letter}, last, number};
    return letter;
}

struct sender {
    uv_thread_t thread;
    struct ss_mailbox *mailbox;
    unsigned last;
};

static void send_all(void *context) {
    struct sender *sender = context;
    for (unsigned i = 1; i <= LETTERS; i++) {
        ss_mailbox_post(sender->mailbox, &write_letter(&sender->last, i, 0)->mail);
    }
}

static void each_threads_mail_arrives_in_order(void **state) {
    struct bench *bench = *state;
    struct ss_mailbox mailbox;
    struct sender senders[THREADS] = {0};
    assert_int_equal(ss_mailbox_init(&mailbox, &bench->loop, 1000), 0);
    for (int i = 0; i < THREADS; i++) {
        senders[i].mailbox = &mailbox;
        uv_thread_create(&senders[i].thread, send_all, &senders[i]);
    }
    while (senders[0].last + senders[1].last + senders[2].last + senders[3].last < THREADS * LETTERS / 2) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
    for (int i = 0; i < THREADS; i++) {
        uv_thread_join(&senders[i].thread);
    }
    ss_mailbox_close(&mailbox); // the rest is delivered
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(senders[i].last, LETTERS);
    }
    uv_run(&bench->loop, UV_RUN_DEFAULT);
}

static void a_full_mailbox_takes_only_what_weighs_nothing(void **state) {
    struct bench *bench = *state;
    struct ss_mailbox mailbox;
    unsigned last = 0;
    assert_int_equal(ss_mailbox_init(&mailbox, &bench->loop, 1000), 0);
    assert_true(ss_mailbox_post(&mailbox, &write_letter(&last, 1, 600)->mail));
    struct letter *refused = write_letter(&last, 3, 401);
    assert_false(ss_mailbox_post(&mailbox, &refused->mail)); // stays ours
    assert_true(ss_mailbox_post(&mailbox, &write_letter(&last, 2, 0)->mail));
    assert_int_equal(last, 0); // nothing is read on the sender's thread
    uv_run(&bench->loop, UV_RUN_ONCE);
    assert_int_equal(last, 2);
    assert_true(ss_mailbox_post(&mailbox, &refused->mail));
    ss_mailbox_close(&mailbox);
    assert_int_equal(last, 3);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_threads_mail_arrives_in_order, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(a_full_mailbox_takes_only_what_weighs_nothing, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
