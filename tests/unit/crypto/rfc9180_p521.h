/* SPDX-License-Identifier: Apache-2.0
 * RFC 9180 A.6, modes base and psk: rfc9180.h has the others and says what is
 * here.
 */
#ifndef TESTS_UNIT_CRYPTO_RFC9180_P521_H
#define TESTS_UNIT_CRYPTO_RFC9180_P521_H

#include "tests/unit/crypto/rfc9180.h"

static const rfc9180_case rfc9180_p521[] = {
    {
        .name = "A.6 base",
        .suite = {&tacet_kem_p521, &tacet_hash_sha512, &tacet_aead_aes256gcm},
        .ikm_e = "7f06ab8215105fc46aceeb2e3dc5028b44364f960426eb0d8e4026c2f8b5"
                 "d7e7a986688f1591abf5ab753c357a5d6f0440414b4ed4ede71317772ac9"
                 "8d9239f70904",
        .enc = "040138b385ca16bb0d5fa0c0665fbbd7e69e3ee29f63991d3e9b5fa740aa"
               "b8900aaeed46ed73a49055758425a0ce36507c54b29cc5b85a5cee6bae0c"
               "f1c21f2731ece2013dc3fb7c8d21654bb161b463962ca19e8c654ff24c94"
               "dd2898de12051f1ed0692237fb02b2f8d1dc1c73e9b366b529eb436e98a9"
               "96ee522aef863dd5739d2f29b0",
        .ikm_r = "2ad954bbe39b7122529f7dde780bff626cd97f850d0784a432784e69d86e"
                 "ccaade43b6c10a8ffdb94bf943c6da479db137914ec835a7e715e36e45e2"
                 "9b587bab3bf1",
        .pk_r = "0401b45498c1714e2dce167d3caf162e45e0642afc7ed435df7902ccae0e"
                "84ba0f7d373f646b7738bbbdca11ed91bdeae3cdcba3301f2457be452f27"
                "1fa6837580e661012af49583a62e48d44bed350c7118c0d8dc861c238c72"
                "a2bda17f64704f464b57338e7f40b60959480c0e58e6559b190d81663ed8"
                "16e523b6b6a418f66d2451ec64",
        .sk_r = "01462680369ae375e4b3791070a7458ed527842f6a98a79ff5e0d4cbde83"
                "c27196a3916956655523a6a2556a7af62c5cadabe2ef9da3760bb21e0052"
                "02f7b2462847",
        .psk = "",
        .psk_id = "",
        .shared = "776ab421302f6eff7d7cb5cb1adaea0cd50872c71c2d63c30c4f1d5e4365"
                  "3336fef33b103c67e7a98add2d3b66e2fda95b5b2a667aa9dac7e59cc1d4"
                  "6d30e818",
        .key = "751e346ce8f0ddb2305c8a2a85c70d5cf559c53093656be636b9406d4d7d"
               "1b70",
        .base_nonce = "55ff7a7d739c69f44b25447b",
        .exporter =
            "e4ff9dfbc732a2b9c75823763c5ccc954a2c0648fc6de80a58581252d0ee"
            "3215388a4455e69086b50b87eb28c169a52f42e71de4ca61c920e7bd24c9"
            "5cc3f992",
        .messages =
            {
                {0, "436f756e742d30",
                 "170f8beddfe949b75ef9c387e201baf4132fa7374593dfafa90768788b7b"
                 "2b200aafcc6d80ea4c795a7c5b841a"},
                {1, "436f756e742d31",
                 "d9ee248e220ca24ac00bbbe7e221a832e4f7fa64c4fbab3945b6f3af0c5e"
                 "cd5e16815b328be4954a05fd352256"},
                {256, "436f756e742d323536",
                 "dbbfc44ae037864e75f136e8b4b4123351d480e6619ae0e0ae437f036f2f"
                 "8f1ef677686323977a1ccbb4b4f16a"},
            },
        .exports =
            {
                {"",
                 "05e2e5bd9f0c30832b80a279ff211cc65eceb0d97001524085d609ead60d"
                 "0412"},
                {"00",
                 "fca69744bb537f5b7a1596dbf34eaa8d84bf2e3ee7f1a155d41bd3624aa9"
                 "2b63"},
                {"54657374436f6e74657874",
                 "f389beaac6fcf6c0d9376e20f97e364f0609a88f1bc76d7328e9104df847"
                 "7013"},
            },
    },
    {
        .name = "A.6 psk",
        .suite = {&tacet_kem_p521, &tacet_hash_sha512, &tacet_aead_aes256gcm},
        .ikm_e = "f3ebfa9a69a924e672114fcd9e06fa9559e937f7eccce4181a2b506df53d"
                 "be514be12f094bb28e01de19dd345b4f7ede5ad7eaa6b9c3019592ec68ea"
                 "ae9a14732ce0",
        .enc = "040085eff0835cc84351f32471d32aa453cdc1f6418eaaecf1c2824210eb"
               "1d48d0768b368110fab21407c324b8bb4bec63f042cfa4d0868d19b760eb"
               "4beba1bff793b30036d2c614d55730bd2a40c718f9466faf4d5f8170d22b"
               "6df98dfe0c067d02b349ae4a142e0c03418f0a1479ff78a3db07ae2c2e89"
               "e5840f712c174ba2118e90fdcb",
        .ikm_r = "a2a2458705e278e574f835effecd18232f8a4c459e7550a09d44348ae5d3"
                 "b1ea9d95c51995e657ad6f7cae659f5e186126a471c017f8f5e41da9eba7"
                 "4d4e0473e179",
        .pk_r = "04006917e049a2be7e1482759fb067ddb94e9c4f7f5976f655088dec4524"
                "6614ff924ed3b385fc2986c0ecc39d14f907bf837d7306aada59dd588908"
                "6125ecd038ead400603394b5d81f89ebfd556a898cc1d6a027e143d199d3"
                "db845cb91c5289fb26c5ff80832935b0e8dd08d37c6185a6f77683347e47"
                "2d1edb6daa6bd7652fea628fae",
        .sk_r = "011bafd9c7a52e3e71afbdab0d2f31b03d998a0dc875dd7555c63560e142"
                "bde264428de03379863b4ec6138f813fa009927dc5d15f62314c56d4e7ff"
                "2b485753eb72",
        .psk = "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a73"
               "8b82",
        .psk_id = "456e6e796e20447572696e206172616e204d6f726961",
        .shared = "0d52de997fdaa4797720e8b1bebd3df3d03c4cf38cc8c1398168d36c3fc7"
                  "626428c9c254dd3f9274450909c64a5b3acbe45e2d850a2fd69ac0605fe5"
                  "c8a057a5",
        .key = "f764a5a4b17e5d1ffba6e699d65560497ebaea6eb0b0d9010a6d979e298a"
               "39ff",
        .base_nonce = "479afdf3546ddba3a9841f38",
        .exporter =
            "5c3d4b65a13570502b93095ef196c42c8211a4a188c4590d35863665c705"
            "bb140ecba6ce9256be3fad35b4378d41643867454612adfd0542a684b617"
            "99bf293f",
        .messages =
            {
                {0, "436f756e742d30",
                 "de69e9d943a5d0b70be3359a19f317bd9aca4a2ebb4332a39bcdfc97d5fe"
                 "62f3a77702f4822c3be531aa7843a1"},
                {1, "436f756e742d31",
                 "77a16162831f90de350fea9152cfc685ecfa10acb4f7994f41aed43fa543"
                 "1f2382d078ec88baec53943984553e"},
                {256, "436f756e742d323536",
                 "eecc2173ce1ac14b27ee67041e90ed50b7809926e55861a579949c07f6d2"
                 "6137bf9cf0d097f60b5fd2fbf348ec"},
            },
        .exports =
            {
                {"",
                 "62691f0f971e34de38370bff24deb5a7d40ab628093d304be60946afcdb3"
                 "a936"},
                {"00",
                 "76083c6d1b6809da088584674327b39488eaf665f0731151128452e04ce8"
                 "1bff"},
                {"54657374436f6e74657874",
                 "0c7cfc0976e25ae7680cf909ae2de1859cd9b679610a14bec40d69b91785"
                 "b2f6"},
            },
    },
};

#endif
