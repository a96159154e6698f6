/* SPDX-License-Identifier: MIT */
/* Mangled names as compilers write them, and as nobody should. */
#include "frames/demangle.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char memory[1 << 16];

static struct slice demangle(const char *mangled) {
    struct arena arena = {memory, memory + sizeof memory};
    return demangle_nested(&arena, slice_of(mangled));
}

static void names_of_compilers(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"_ZN2cv6imreadERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEi", "cv::imread"},
        {"_Z4loadPKc", "load"},
        {"_ZL6helperv", "helper"},
        {"_ZN2cv3MatC1Ev", "cv::Mat::Mat"},
        {"_ZN2cv3MatD0Ev", "cv::Mat::~Mat"},
        {"_ZNK2cv3Mat5emptyEv", "cv::Mat::empty"},
        {"_ZNKR1A1fEv", "A::f"},
        {"_ZN12_GLOBAL__N_14openEi", "(anonymous namespace)::open"},
        {"_ZNSt13basic_filebufIcSt11char_traitsIcEE4openEPKcSt13_Ios_Openmode",
         "std::basic_filebuf::open"},
        {"_ZNSt6vectorIiSaIiEEC2Ev", "std::vector::vector"},
        {"_ZNSsC1EPKcRKSaIcE", "std::string::string"},
        {"_ZSt4endlIcSt11char_traitsIcEERSt13basic_ostreamIT_T0_ES6_", "std::endl"},
        {"_ZN3FooclEv", "Foo::operator()"},
        {"_ZN3FoonwEm", "Foo::operator new"},
        {"_ZlsRSoRK3Foo", "operator<<"},
        {"_ZN3fooIiLi3ELb1ELin2EE3barEv", "foo::bar"},
        {"_ZN3fooIJidPFvPKcES0_EE3barIA4_cM1AFvvEEEvv", "foo::bar"},
        {"_ZN3fooB5cxx113barB5cxx11Ev", "foo::bar"},
        {"_ZN3foo3barMUlvE_clEv", ""},
        {"_ZNK1AUliE0_clEi", "A::{lambda}::operator()"},
        {"_ZN1AUt1_1fEv", "A::{unnamed}::f"},
        {"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"},
        {"_ZN1A1fEv.part.0", "A::f"},
        {"_ZZ4mainE1x", "main::x"},
        {"_ZZ4mainENKUlRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEE_clES6_",
         "main::{lambda}::operator()"},
        {"_ZZZN3FooC4EvENKUlvE_clEvENKUliE0_clEi",
         "Foo::Foo::{lambda}::operator()::{lambda}::operator()"},
        {"_ZZ1fvEN1A1gEv", "f::A::g"},
        {"_ZSt13__invoke_implIbRZ4mainEUlRKiE_JS1_EET_St14__invoke_otherOT0_DpOT1_",
         "std::__invoke_impl"},
        {"_ZZ4mainENUlT_E_clIiEEDaS_", "main::{lambda}::operator()"},
        {"_ZN1AIXadL_Z1fvEEE1gEv", "A::g"},
        {"_ZN3FoocvbEv", "Foo::operator (type)"},
        {"_ZThn16_N3Foo3barEv", "Foo::bar"},
        {"_ZTv0_n24_N3Foo3barEv", "Foo::bar"},
        {"_ZN5album5Album28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
         "album::Album::{closure}"},
        {"_ZN60_$LT$album..Album$LT$T$GT$$u20$as$u20$core..fmt..Display$GT$"
         "3fmt17h0123456789abcdefE",
         "<album::Album<T> as core::fmt::Display>::fmt"},
        /* Rust */
        {"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
        {"_RNvCs1234_7mycrate3foo.llvm.1234", "mycrate::foo"},
        {"_RNvMNtCs1_5album5albumINtB2_5AlbumlE4loadB4_", "album::album::Album::load"},
        {"_RNCNCNvCs1_1a4main00B4_", "a::main::{closure}::{closure}"},
        {"_RNSNvYNtC1a1bNtNtC4core3fmt7Display3fmt6vtable", "core::fmt::Display::fmt::{shim}"},
        {"_RNvXs_C1aRShNtB4_1T1f", "[_]::f"},
        {"_RNvXs_C1aTlxENtB4_1T1f", "(_)::f"},
        {"_RNvXs_C1aFUKCeEuNtB4_1T1f", "fn::f"},
        {"_RNvXs_C1aDNtB4_1TEL_NtB4_1U1f", "dyn::f"},
        {"_RINvC1a1fKj10_KpL0_Alj8_E", "a::f"},
        /* plain C */
        {"main", ""},
        {"", ""},
        {"_Z", ""},
        /* more of the grammar than is read */
        {"_ZTV3Foo", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice name = demangle(cases[i][0]);
        if (!slice_is(name, cases[i][1]))
            print_error("%s gives '%.*s'\n", cases[i][0], (int)name.length, name.data);
        assert_true(slice_is(name, cases[i][1]));
    }
}

static void damaged_names_are_refused(void **state) {
    (void)state;
    assert_int_equal(demangle("_ZN").length, 0);
    assert_int_equal(demangle("_ZN3fo").length, 0);
    assert_int_equal(demangle("_ZN3foo").length, 0);
    assert_int_equal(demangle("_ZN99999999999999999999fooE").length, 0);
    assert_int_equal(demangle("_ZN0E").length, 0);
    assert_int_equal(demangle("_ZN3fooIE").length, 0);
    assert_int_equal(demangle("_R").length, 0);
    assert_int_equal(demangle("_RB_").length, 0); /* a path that is itself */
    assert_int_equal(demangle("_RNvB0_1a").length, 0);
    assert_int_equal(demangle("_RNvB9_1a").length, 0); /* ahead */
    assert_int_equal(demangle("_RNvCs_9a1b").length, 0);
    assert_int_equal(demangle("_RNvCszzzzzzzzzzzzzzzz_1a1b").length, 0);
    assert_int_equal(demangle("_RINvC1a1bRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRlE").length, 0);
    char deep[4096] = "_ZN1A";
    memset(deep + 5, 'I', sizeof deep - 6);
    assert_int_equal(demangle(deep).length, 0);
    char wide[4096] = "_ZN";
    for (size_t i = 3; i + 2 < sizeof wide; i += 2)
        memcpy(wide + i, "1A", 2);
    assert_int_equal(demangle(wide).length, 0);
}

/* Every prefix and many mutations: the sanitizers' builds watch the reads. */
static void no_name_reads_too_far(void **state) {
    (void)state;
    static const char *const names[] = {
        "_ZNSt6vectorIN2cv3MatESaIS1_EE12emplace_backIJRKPFviEDpT_LiEEEvUlvE_B3tagC1D0nwE",
        "_ZZN1AIXadL_Z1fvEEEC4EvENKUlRKNSt7__cxx1112basicEE0_clEcvbTv0_n24_u2ab$LT$..",
        "_RNvXs1_NtC1a1bRL_ShINtB2_1cKj10_TlxEDNtB2_1dp1elEL_EFUKCeEuNtB5_1fNCNvB3_1g0",
    };
    uint64_t random = 88172645463325252u;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t length = 0; length <= strlen(names[i]); length++)
            for (int round = 0; round < 1000; round++) {
                char *copy = malloc(length + 1); /* exactly: a read past it is seen */
                memcpy(copy, names[i], length);
                for (int hit = 0; hit < 2 && length > 2; hit++) {
                    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
                    copy[2 + random % (length - 2)] = names[i][(random >> 32) % strlen(names[i])];
                }
                struct arena arena = {memory, memory + sizeof memory};
                struct slice name = demangle_nested(&arena, (struct slice){copy, length});
                assert_true(name.length <= 512);
                free(copy);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_compilers),
        cmocka_unit_test(damaged_names_are_refused),
        cmocka_unit_test(no_name_reads_too_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
