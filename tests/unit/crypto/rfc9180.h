/* SPDX-License-Identifier: Apache-2.0
 * RFC 9180 A.1 to A.5, modes base and psk: the known answers that test_hpke.c
 * checks. Of the six messages of each, those with sequence numbers 0, 1 and
 * 256. All texts are hexadecimal.
 */
#ifndef TESTS_UNIT_CRYPTO_RFC9180_H
#define TESTS_UNIT_CRYPTO_RFC9180_H

#include "tacet/crypto.h"

#define RFC9180_INFO "4f6465206f6e2061204772656369616e2055726e"
#define RFC9180_PT "4265617574792069732074727574682c20747275746820626561757479"

typedef struct rfc9180_case {
  const char *name;
  tacet_hpke_suite suite;
  const char *ikm_e, *enc, *ikm_r, *pk_r, *sk_r, *psk, *psk_id;
  const char *shared, *key, *base_nonce, *exporter;
  struct {
    uint64_t seq;
    const char *aad, *ct;
  } messages[3];
  struct {
    const char *context, *value; /* 32 bytes */
  } exports[3];
} rfc9180_case;

static const rfc9180_case rfc9180[] = {
    {
        .name = "A.1 base",
        .suite = {&tacet_kem_x25519, &tacet_hash_sha256, &tacet_aead_aes128gcm},
        .ikm_e =
            "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
        .enc =
            "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        .ikm_r =
            "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
        .pk_r =
            "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        .sk_r =
            "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
        .psk = "",
        .psk_id = "",
        .shared =
            "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
        .key = "4531685d41d65f03dc48f6b8302c05b0",
        .base_nonce = "56d890e5accaaf011cff4b7d",
        .exporter =
            "45ff1c2e220db587171952c0592d5f5ebe103f1561a2614e38f2ffd47e99e3f8",
        .messages =
            {
                {0, "436f756e742d30",
                 "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a3"
                 "55a96d8770ac83d07bea87e13c512a"},
                {1, "436f756e742d31",
                 "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6e"
                 "ab251c03d0c22a56b8ca42c2063b84"},
                {256, "436f756e742d323536",
                 "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c"
                 "30e3fbeda97d2e0e1aba483a2df9f2"},
            },
        .exports =
            {
                {"",
                 "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d00952"
                 "50ee"},
                {"00",
                 "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c"
                 "21a5"},
                {"54657374436f6e74657874",
                 "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af5"
                 "4931"},
            },
    },
    {
        .name = "A.1 psk",
        .suite = {&tacet_kem_x25519, &tacet_hash_sha256, &tacet_aead_aes128gcm},
        .ikm_e =
            "78628c354e46f3e169bd231be7b2ff1c77aa302460a26dbfa15515684c00130b",
        .enc =
            "0ad0950d9fb9588e59690b74f1237ecdf1d775cd60be2eca57af5a4b0471c91b",
        .ikm_r =
            "d4a09d09f575fef425905d2ab396c1449141463f698f8efdb7accfaff8995098",
        .pk_r =
            "9fed7e8c17387560e92cc6462a68049657246a09bfa8ade7aefe589672016366",
        .sk_r =
            "c5eb01eb457fe6c6f57577c5413b931550a162c71a03ac8d196babbd4e5ce0fd",
        .psk =
            "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
        .psk_id = "456e6e796e20447572696e206172616e204d6f726961",
        .shared =
            "727699f009ffe3c076315019c69648366b69171439bd7dd0807743bde76986cd",
        .key = "15026dba546e3ae05836fc7de5a7bb26",
        .base_nonce = "9518635eba129d5ce0914555",
        .exporter =
            "3d76025dbbedc49448ec3f9080a1abab6b06e91c0b11ad23c912f043a0ee7655",
        .messages =
            {
                {0, "436f756e742d30",
                 "e52c6fed7f758d0cf7145689f21bc1be6ec9ea097fef4e959440012f4feb"
                 "73fb611b946199e681f4cfc34db8ea"},
                {1, "436f756e742d31",
                 "49f3b19b28a9ea9f43e8c71204c00d4a490ee7f61387b6719db765e94812"
                 "3b45b61633ef059ba22cd62437c8ba"},
                {256, "436f756e742d323536",
                 "c5bf246d4a790a12dcc9eed5eae525081e6fb541d5849e9ce8abd92a3bc1"
                 "551776bea16b4a518f23e237c14b59"},
            },
        .exports =
            {
                {"",
                 "dff17af354c8b41673567db6259fd6029967b4e1aad13023c2ae5df8f4f4"
                 "3bf6"},
                {"00",
                 "6a847261d8207fe596befb52928463881ab493da345b10e1dcc645e3b94e"
                 "2d95"},
                {"54657374436f6e74657874",
                 "8aff52b45a1be3a734bc7a41e20b4e055ad4c4d22104b0c20285a7c43024"
                 "01cd"},
            },
    },
    {
        .name = "A.2 base",
        .suite = {&tacet_kem_x25519, &tacet_hash_sha256,
                  &tacet_aead_chacha20poly1305},
        .ikm_e =
            "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
        .enc =
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        .ikm_r =
            "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df",
        .pk_r =
            "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
        .sk_r =
            "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        .psk = "",
        .psk_id = "",
        .shared =
            "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
        .key =
            "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91",
        .base_nonce = "5c4d98150661b848853b547f",
        .exporter =
            "a3b010d4994890e2c6968a36f64470d3c824c8f5029942feb11e7a74b2921922",
        .messages =
            {
                {0, "436f756e742d30",
                 "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60"
                 "b4db21993c62ce81883d2dd1b51a28"},
                {1, "436f756e742d31",
                 "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb"
                 "119e85285337cc95ba5f59992dc98c"},
                {256, "436f756e742d323536",
                 "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca5"
                 "3076214c0c40d4c728d6ed9e727a5b"},
            },
        .exports =
            {
                {"",
                 "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160"
                 "606e"},
                {"00",
                 "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808"
                 "ba69"},
                {"54657374436f6e74657874",
                 "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c22928"
                 "3e53"},
            },
    },
    {
        .name = "A.2 psk",
        .suite = {&tacet_kem_x25519, &tacet_hash_sha256,
                  &tacet_aead_chacha20poly1305},
        .ikm_e =
            "35706a0b09fb26fb45c39c2f5079c709c7cf98e43afa973f14d88ece7e29c2e3",
        .enc =
            "2261299c3f40a9afc133b969a97f05e95be2c514e54f3de26cbe5644ac735b04",
        .ikm_r =
            "26b923eade72941c8a85b09986cdfa3f1296852261adedc52d58d2930269812b",
        .pk_r =
            "13640af826b722fc04feaa4de2f28fbd5ecc03623b317834e7ff4120dbe73062",
        .sk_r =
            "77d114e0212be51cb1d76fa99dd41cfd4d0166b08caa09074430a6c59ef17879",
        .psk =
            "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
        .psk_id = "456e6e796e20447572696e206172616e204d6f726961",
        .shared =
            "4be079c5e77779d0215b3f689595d59e3e9b0455d55662d1f3666ec606e50ea7",
        .key =
            "600d2fdb0313a7e5c86a9ce9221cd95bed069862421744cfb4ab9d7203a9c019",
        .base_nonce = "112e0465562045b7368653e7",
        .exporter =
            "73b506dc8b6b4269027f80b0362def5cbb57ee50eed0c2873dac9181f453c5ac",
        .messages =
            {
                {0, "436f756e742d30",
                 "4a177f9c0d6f15cfdf533fb65bf84aecdc6ab16b8b85b4cf65a370e07fc1"
                 "d78d28fb073214525276f4a89608ff"},
                {1, "436f756e742d31",
                 "5c3cabae2f0b3e124d8d864c116fd8f20f3f56fda988c3573b40b09997fd"
                 "6c769e77c8eda6cda4f947f5b704a8"},
                {256, "436f756e742d323536",
                 "c567ae1c3f0f75abe1dd9e4532b422600ed4a6e5b9484dafb1e43ab9f5fd"
                 "662b28c00e2e81d3cde955dae7e218"},
            },
        .exports =
            {
                {"",
                 "813c1bfc516c99076ae0f466671f0ba5ff244a41699f7b2417e4c59d46d3"
                 "9f40"},
                {"00",
                 "2745cf3d5bb65c333658732954ee7af49eb895ce77f8022873a62a13c94c"
                 "b4e1"},
                {"54657374436f6e74657874",
                 "ad40e3ae14f21c99bfdebc20ae14ab86f4ca2dc9a4799d200f43a25f99fa"
                 "78ae"},
            },
    },
    {
        .name = "A.3 base",
        .suite = {&tacet_kem_p256, &tacet_hash_sha256, &tacet_aead_aes128gcm},
        .ikm_e =
            "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e",
        .enc =
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac"
            "98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
        .ikm_r =
            "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
        .pk_r =
            "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a8"
            "26a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
        .sk_r =
            "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
        .psk = "",
        .psk_id = "",
        .shared =
            "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8",
        .key = "868c066ef58aae6dc589b6cfdd18f97e",
        .base_nonce = "4e0bc5018beba4bf004cca59",
        .exporter =
            "14ad94af484a7ad3ef40e9f3be99ecc6fa9036df9d4920548424df127ee0d99f",
        .messages =
            {
                {0, "436f756e742d30",
                 "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b"
                 "6c7f9076ac232e3ab2523f39513434"},
                {1, "436f756e742d31",
                 "fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4e"
                 "cb06646e0329cbdf3c3cd655b28e82"},
                {256, "436f756e742d323536",
                 "10f179686aa2caec1758c8e554513f16472bd0a11e2a907dde0b212cbe87"
                 "d74f367f8ffe5e41cd3e9962a6afb2"},
            },
        .exports =
            {
                {"",
                 "5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b28989049"
                 "0d4d"},
                {"00",
                 "6cff87658931bda83dc857e6353efe4987a201b849658d9b047aab4cf216"
                 "e796"},
                {"54657374436f6e74657874",
                 "d8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1da"
                 "b85a"},
            },
    },
    {
        .name = "A.3 psk",
        .suite = {&tacet_kem_p256, &tacet_hash_sha256, &tacet_aead_aes128gcm},
        .ikm_e =
            "2afa611d8b1a7b321c761b483b6a053579afa4f767450d3ad0f84a39fda587a6",
        .enc =
            "04305d35563527bce037773d79a13deabed0e8e7cde61eecee403496959e89e4d"
            "0ca701726696d1485137ccb5341b3c1c7aaee90a4a02449725e744b1193b53b5f",
        .ikm_r =
            "d42ef874c1913d9568c9405407c805baddaffd0898a00f1e84e154fa787b2429",
        .pk_r =
            "040d97419ae99f13007a93996648b2674e5260a8ebd2b822e84899cd52d87446e"
            "a394ca76223b76639eccdf00e1967db10ade37db4e7db476261fcc8df97c5ffd1",
        .sk_r =
            "438d8bcef33b89e0e9ae5eb0957c353c25a94584b0dd59c991372a75b43cb661",
        .psk =
            "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
        .psk_id = "456e6e796e20447572696e206172616e204d6f726961",
        .shared =
            "2e783ad86a1beae03b5749e0f3f5e9bb19cb7eb382f2fb2dd64c99f15ae0661b",
        .key = "55d9eb9d26911d4c514a990fa8d57048",
        .base_nonce = "b595dc6b2d7e2ed23af529b1",
        .exporter =
            "895a723a1eab809804973a53c0ee18ece29b25a7555a4808277ad2651d66d705",
        .messages =
            {
                {0, "436f756e742d30",
                 "90c4deb5b75318530194e4bb62f890b019b1397bbf9d0d6eb918890e1fb2"
                 "be1ac2603193b60a49c2126b75d0eb"},
                {1, "436f756e742d31",
                 "9e223384a3620f4a75b5a52f546b7262d8826dea18db5a365feb8b997180"
                 "b22d72dc1287f7089a1073a7102c27"},
                {256, "436f756e742d323536",
                 "faf985208858b1253b97b60aecd28bc18737b58d1242370e7703ec33b73a"
                 "4c31a1afee300e349adef9015bbbfd"},
            },
        .exports =
            {
                {"",
                 "a115a59bf4dd8dc49332d6a0093af8efca1bcbfd3627d850173f5c4a55d0"
                 "c185"},
                {"00",
                 "4517eaede0669b16aac7c92d5762dd459c301fa10e02237cd5aeb9be9694"
                 "30c4"},
                {"54657374436f6e74657874",
                 "164e02144d44b607a7722e58b0f4156e67c0c2874d74cf71da6ca48a4cbd"
                 "c5e0"},
            },
    },
    {
        .name = "A.4 base",
        .suite = {&tacet_kem_p256, &tacet_hash_sha512, &tacet_aead_aes128gcm},
        .ikm_e =
            "4ab11a9dd78c39668f7038f921ffc0993b368171d3ddde8031501ee1e08c4c9a",
        .enc =
            "0493ed86735bdfb978cc055c98b45695ad7ce61ce748f4dd63c525a3b8d53a155"
            "65c6897888070070c1579db1f86aaa56deb8297e64db7e8924e72866f9a472580",
        .ikm_r =
            "ea9ff7cc5b2705b188841c7ace169290ff312a9cb31467784ca92d7a2e6e1be8",
        .pk_r =
            "04085aa5b665dc3826f9650ccbcc471be268c8ada866422f739e2d531d4a8818a"
            "9466bc6b449357096232919ec4fe9070ccbac4aac30f4a1a53efcf7af90610edd",
        .sk_r =
            "3ac8530ad1b01885960fab38cf3cdc4f7aef121eaa239f222623614b4079fb38",
        .psk = "",
        .psk_id = "",
        .shared =
            "02f584736390fc93f5b4ad039826a3fa08e9911bd1215a3db8e8791ba533cafd",
        .key = "090ca96e5f8aa02b69fac360da50ddf9",
        .base_nonce = "9c995e621bf9a20c5ca45546",
        .exporter =
            "4a7abb2ac43e6553f129b2c5750a7e82d149a76ed56dc342d7bca61e26d494f48"
            "55dff0d0165f27ce57756f7f16baca006539bb8e4518987ba610480ac03efa8",
        .messages =
            {
                {0, "436f756e742d30",
                 "d3cf4984931484a080f74c1bb2a6782700dc1fef9abe8442e44a6f09044c"
                 "88907200b332003543754eb51917ba"},
                {1, "436f756e742d31",
                 "d14414555a47269dfead9fbf26abb303365e40709a4ed16eaefe1f2070f1"
                 "ddeb1bdd94d9e41186f124e0acc62d"},
                {256, "436f756e742d323536",
                 "62092672f5328a0dde095e57435edf7457ace60b26ee44c9291110ec135c"
                 "b0e14b85594e4fea11247d937deb62"},
            },
        .exports =
            {
                {"",
                 "a32186b8946f61aeead1c093fe614945f85833b165b28c46bf271abf16b5"
                 "7208"},
                {"00",
                 "84998b304a0ea2f11809398755f0abd5f9d2c141d1822def79dd15c19480"
                 "3c2a"},
                {"54657374436f6e74657874",
                 "93fb9411430b2cfa2cf0bed448c46922a5be9beff20e2e621df7e4655852"
                 "edbc"},
            },
    },
    {
        .name = "A.4 psk",
        .suite = {&tacet_kem_p256, &tacet_hash_sha512, &tacet_aead_aes128gcm},
        .ikm_e =
            "c11d883d6587f911d2ddbc2a0859d5b42fb13bf2c8e89ef408a25564893856f5",
        .enc =
            "04a307934180ad5287f95525fe5bc6244285d7273c15e061f0f2efb211c35057f"
            "3079f6e0abae200992610b25f48b63aacfcb669106ddee8aa023feed301901371",
        .ikm_r =
            "75bfc2a3a3541170a54c0b06444e358d0ee2b4fb78a401fd399a47a33723b700",
        .pk_r =
            "043f5266fba0742db649e1043102b8a5afd114465156719cea90373229aabdd84"
            "d7f45dabfc1f55664b888a7e86d594853a6cccdc9b189b57839cbbe3b90b55873",
        .sk_r =
            "bc6f0b5e22429e5ff47d5969003f3cae0f4fec50e23602e880038364f33b8522",
        .psk =
            "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
        .psk_id = "456e6e796e20447572696e206172616e204d6f726961",
        .shared =
            "2912aacc6eaebd71ff715ea50f6ef3a6637856b2a4c58ea61e0c3fc159e3bc16",
        .key = "0b910ba8d9cfa17e5f50c211cb32839a",
        .base_nonce = "0c29e714eb52de5b7415a1b7",
        .exporter =
            "50c0a182b6f94b4c0bd955c4aa20df01f282cc12c43065a0812fe4d4352790171"
            "ed2b2c4756ad7f5a730ba336c8f1edd0089d8331192058c385bae39c7cc8b57",
        .messages =
            {
                {0, "436f756e742d30",
                 "57624b6e320d4aba0afd11f548780772932f502e2ba2a8068676b2a0d3b5"
                 "129a45b9faa88de39e8306da41d4cc"},
                {1, "436f756e742d31",
                 "159d6b4c24bacaf2f5049b7863536d8f3ffede76302dace42080820fa519"
                 "25d4e1c72a64f87b14291a3057e00a"},
                {256, "436f756e742d323536",
                 "cc161f5a179831d456d119d2f2c19a6817289c75d1c61cd37ac8a450acd9"
                 "efba02e0ac00d128c17855931ff69a"},
            },
        .exports =
            {
                {"",
                 "8158bea21a6700d37022bb7802866edca30ebf2078273757b656ef7fc2e4"
                 "28cf"},
                {"00",
                 "6a348ba6e0e72bb3ef22479214a139ef8dac57be34509a61087a12565473"
                 "da8d"},
                {"54657374436f6e74657874",
                 "2f6d4f7a18ec48de1ef4469f596aada4afdf6d79b037ed3c07e0118f8723"
                 "bffc"},
            },
    },
    {
        .name = "A.5 base",
        .suite = {&tacet_kem_p256, &tacet_hash_sha256,
                  &tacet_aead_chacha20poly1305},
        .ikm_e =
            "f1f1a3bc95416871539ecb51c3a8f0cf608afb40fbbe305c0a72819d35c33f1f",
        .enc =
            "04c07836a0206e04e31d8ae99bfd549380b072a1b1b82e563c935c095827824fc"
            "1559eac6fb9e3c70cd3193968994e7fe9781aa103f5b50e934b5b2f387e381291",
        .ikm_r =
            "61092f3f56994dd424405899154a9918353e3e008171517ad576b900ddb275e7",
        .pk_r =
            "04a697bffde9405c992883c5c439d6cc358170b51af72812333b015621dc0f40b"
            "ad9bb726f68a5c013806a790ec716ab8669f84f6b694596c2987cf35baba2a006",
        .sk_r =
            "a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b",
        .psk = "",
        .psk_id = "",
        .shared =
            "806520f82ef0b03c823b7fc524b6b55a088f566b9751b89551c170f4113bd850",
        .key =
            "a8f45490a92a3b04d1dbf6cf2c3939ad8bfc9bfcb97c04bffe116730c9dfe3fc",
        .base_nonce = "726b4390ed2209809f58c693",
        .exporter =
            "4f9bd9b3a8db7d7c3a5b9d44fdc1f6e37d5d77689ade5ec44a7242016e6aa205",
        .messages =
            {
                {0, "436f756e742d30",
                 "6469c41c5c81d3aa85432531ecf6460ec945bde1eb428cb2fedf7a29f5a6"
                 "85b4ccb0d057f03ea2952a27bb458b"},
                {1, "436f756e742d31",
                 "f1564199f7e0e110ec9c1bcdde332177fc35c1adf6e57f8d1df24022227f"
                 "fa8716862dbda2b1dc546c9d114374"},
                {256, "436f756e742d323536",
                 "b45b69d419a9be7219d8c94365b89ad6951caf4576ea4774ea40e9b7047a"
                 "09d6537d1aa2f7c12d6ae4b729b4d0"},
            },
        .exports =
            {
                {"",
                 "9b13c510416ac977b553bf1741018809c246a695f45eff6d3b0356dbefe1"
                 "e660"},
                {"00",
                 "6c8b7be3a20a5684edecb4253619d9051ce8583baf850e0cb53c402bdcaf"
                 "8ebb"},
                {"54657374436f6e74657874",
                 "477a50d804c7c51941f69b8e32fe8288386ee1a84905fe4938d58972f24a"
                 "c938"},
            },
    },
    {
        .name = "A.5 psk",
        .suite = {&tacet_kem_p256, &tacet_hash_sha256,
                  &tacet_aead_chacha20poly1305},
        .ikm_e =
            "e1a4e1d50c4bfcf890f2b4c7d6b2d2aca61368eddc3c84162df2856843e1057a",
        .enc =
            "04f336578b72ad7932fe867cc4d2d44a718a318037a0ec271163699cee653fa80"
            "5c1fec955e562663e0c2061bb96a87d78892bff0cc0bad7906c2d998ebe1a7246",
        .ikm_r =
            "ee51dec304abf993ef8fd52aacdd3b539108bbf6e491943266c1de89ec596a17",
        .pk_r =
            "041eb8f4f20ab72661af369ff3231a733672fa26f385ffb959fd1bae46bfda43a"
            "d55e2d573b880831381d9367417f554ce5b2134fbba5235b44db465feffc6189e",
        .sk_r =
            "12ecde2c8bc2d5d7ed2219c71f27e3943d92b344174436af833337c557c300b3",
        .psk =
            "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
        .psk_id = "456e6e796e20447572696e206172616e204d6f726961",
        .shared =
            "ac4f260dce4db6bf45435d9c92c0e11cfdd93743bd3075949975974cc2b3d79e",
        .key =
            "6d61cb330b7771168c8619498e753f16198aad9566d1f1c6c70e2bc1a1a8b142",
        .base_nonce = "0de7655fb65e1cd51a38864e",
        .exporter =
            "754ca00235b245e72d1f722a7718e7145bd113050a2aa3d89586d4cb7514bfdb",
        .messages =
            {
                {0, "436f756e742d30",
                 "21433eaff24d7706f3ed5b9b2e709b07230e2b11df1f2b1fe07b3c70d594"
                 "8a53d6fa5c8bed194020bd9df0877b"},
                {1, "436f756e742d31",
                 "c74a764b4892072ea8c2c56b9bcd46c7f1e9ca8cb0a263f8b40c2ba59ac9"
                 "c857033f176019562218769d3e0452"},
                {256, "436f756e742d323536",
                 "1ea6326c8098ed0437a553c466550114fb2ca1412cca7de98709b9ccdf19"
                 "206e52c3d39180e2cf62b3e9f4baf4"},
            },
        .exports =
            {
                {"",
                 "530bbc2f68f078dccc89cc371b4f4ade372c9472bafe4601a8432cbb934f"
                 "528d"},
                {"00",
                 "6e25075ddcc528c90ef9218f800ca3dfe1b8ff4042de5033133adb8bd54c"
                 "401d"},
                {"54657374436f6e74657874",
                 "6f6fbd0d1c7733f796461b3235a856cc34f676fe61ed509dfc18fa16efe6"
                 "be78"},
            },
    },
};

#endif
