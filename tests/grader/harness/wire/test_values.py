"""The wire format: exact for what we write, and closed to everything else that a learner could write."""

import json
import struct
from contextlib import suppress

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.harness.wire.values import (
    MAX_BRACKETS,
    MAX_ITEMS,
    MAX_NAME,
    MAX_TEXT,
    Decoder,
    Encoder,
    Other,
    WireError,
    is_too_large,
    pack,
    unpack,
)

numbers = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False)
# `legible` replaces what no database can store.
letters = st.characters(codec="utf-8", exclude_characters="\0")
plain = st.none() | st.booleans() | numbers | st.text(letters, max_size=20)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(letters, max_size=5), inner),
    max_leaves=20,
)
documents = st.recursive(
    plain.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["$", "items", "i", "value", "type", "requires_grad", "is_leaf", "device"]), inner
        )
    ),
    max_leaves=30,
)


def round_trip(value):
    encoder = Encoder()
    document, tensors = unpack(pack(encoder.encode(value), encoder.tensors))
    return Decoder(tensors).decode(document)


@given(values)
def test_plain_values_survive_a_round_trip(value):
    assert round_trip(value) == value


@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool]
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_tensors_survive_a_round_trip_bit_by_bit(dtype, shape):
    tensor = torch.ones(shape).to(dtype)

    back = round_trip(tensor)

    assert back.dtype == dtype
    assert back.shape == shape
    assert torch.equal(back, tensor)


def test_overlapping_views_become_separate_tensors():
    storage = torch.arange(6.0)

    first, second = round_trip((storage[:4], storage[2:]))

    assert first.tolist() == [0, 1, 2, 3]
    assert second.tolist() == [2, 3, 4, 5]


def test_a_value_that_cannot_be_sent_becomes_its_type_name():
    assert round_trip([object(), 2**100, torch.ones(2).to_sparse()]) == [
        Other("object"),
        Other("int"),
        Other("sparse_coo torch.float32 tensor"),
    ]


@given(st.binary(max_size=400))
def test_random_bytes_raise_nothing_but_wire_errors(data):
    with suppress(WireError):
        document, tensors = unpack(data)
        Decoder(tensors).decode(document)


@settings(max_examples=300)
@given(documents, st.booleans())
def test_almost_valid_documents_raise_nothing_but_wire_errors(document, with_tensor):
    tensors = {"0": torch.ones(2)} if with_tensor else {}
    with suppress(WireError):
        Decoder(*unpack(pack(document, tensors))[1:]).decode(document)


@settings(max_examples=300)
@given(st.data())
def test_flipped_bytes_raise_nothing_but_wire_errors(data):
    message = bytearray(
        pack({"$": "tensor", "i": 0, "requires_grad": True, "is_leaf": True, "device": "cpu"}, {"0": torch.ones(3)})
    )
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    with suppress(WireError):
        document, tensors = unpack(bytes(message))
        Decoder(tensors).decode(document)


def test_too_many_empty_tensors_are_refused_before_parsing():
    header = {str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(200_000)}
    text = json.dumps(header).encode()

    with pytest.raises(WireError, match="more tensors than allowed"):
        unpack(struct.pack(">I", 4) + b"null" + struct.pack("<Q", len(text)) + text)


def test_a_header_longer_than_the_message_is_refused():
    with pytest.raises(WireError):
        unpack(struct.pack(">I", 2**31) + b"{}")
    with pytest.raises(WireError):
        unpack(struct.pack(">I", 2) + b"{}" + struct.pack("<Q", 2**63))


def test_deep_nesting_is_refused():
    nested = None
    for _ in range(100):
        nested = [nested]

    with pytest.raises(WireError, match="nested too deeply"):
        Decoder({}).decode(nested)
    with pytest.raises(WireError):
        unpack(struct.pack(">I", 200_000) + b"[" * 200_000)


def test_infinity_and_nan_are_sent_by_name():
    back = round_trip([float("inf"), -float("inf"), float("nan")])

    assert back[:2] == [float("inf"), -float("inf")]
    assert back[2] != back[2]


@pytest.mark.parametrize("fact", [{"requires_grad": 1}, {"is_leaf": None}, {"device": 0}, {"grad": True}])
def test_a_tensor_with_wrong_facts_is_refused(fact):
    document = {"$": "tensor", "i": 0, "requires_grad": False, "is_leaf": True, "device": "cpu"} | fact

    with pytest.raises(WireError, match="facts are not in the harness's format"):
        Decoder({"0": torch.ones(1)}).decode(document)


def test_a_missing_tensor_is_refused():
    document = {"$": "tensor", "i": 1, "requires_grad": False, "is_leaf": True, "device": "cpu"}

    with pytest.raises(WireError, match="tensor 1 is missing"):
        Decoder({"0": torch.ones(1)}).decode(document)


def test_a_type_name_is_sent_again_as_a_type_name():
    assert round_trip([Other("Duck")]) == [Other("Duck")]


def test_too_many_parts_are_refused_in_both_directions():
    with pytest.raises(WireError, match="too many parts"):
        Encoder().encode([0] * (MAX_ITEMS + 1))
    with pytest.raises(WireError, match="too many parts"):
        Decoder({}).decode([0] * (MAX_ITEMS + 1))


def test_numbers_that_are_not_json_are_refused():
    for text in (b"NaN", b"Infinity", b"-Infinity", b"1" * 5000):
        with pytest.raises(WireError):
            unpack(struct.pack(">I", len(text)) + text)


def test_integers_of_more_than_64_bits_are_refused():
    with pytest.raises(WireError):
        Decoder({}).decode(2**63)


def test_functions_are_not_decoded_outside_the_sandbox():
    with pytest.raises(WireError):
        Decoder({}).decode({"$": "function", "name": "sin", "params": {}})


def test_too_many_lists_are_refused_before_parsing():
    message = pack([[]] * MAX_BRACKETS, {})

    assert is_too_large(message)
    assert not is_too_large(pack([[]] * (MAX_BRACKETS // 2), {}))
    with pytest.raises(WireError, match="larger than allowed"):
        unpack(message)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(3, dtype=torch.complex64),
        torch.zeros(3).to(torch.float8_e4m3fn),
        torch.zeros(3, dtype=torch.uint16),
        torch.zeros([1] * 17),
        torch.zeros(10**9, 0),
    ],
)
def test_unusual_dtypes_and_shapes_are_refused_in_both_directions(tensor):
    document = {"$": "tensor", "i": 0, "requires_grad": False, "is_leaf": True, "device": "cpu"}

    assert isinstance(round_trip(tensor), Other)
    with pytest.raises(WireError, match="a dtype or a shape"):
        unpack(pack(document, {"0": tensor}))


@pytest.mark.parametrize(
    "document",
    [
        "x" * (MAX_TEXT + 1),
        {"$": "other", "type": "x" * (MAX_NAME + 1)},
        {"$": "dict", "items": [["x" * (MAX_NAME + 1), 1]]},
    ],
)
def test_texts_longer_than_the_limit_are_refused(document):
    with pytest.raises(WireError):
        Decoder({}).decode(document)


@pytest.mark.parametrize("pair", [3, "ab", [], ["a"], ["a", 1, 2], [[], 1], [{"$": "other", "type": "Duck"}, 1]])
def test_dict_items_that_are_not_pairs_are_refused(pair):
    with pytest.raises(WireError, match=r"a dict's (item|key) is not"):
        Decoder({}).decode({"$": "dict", "items": [pair]})


@pytest.mark.parametrize("size", range(1, 8))
def test_a_tensor_block_shorter_than_its_header_is_refused(size):
    with pytest.raises(WireError, match="cut off"):
        unpack(struct.pack(">I", 4) + b"null" + bytes(size))


def test_keys_inside_keys_are_refused():
    document = 1
    for _ in range(30):
        document = {"$": "dict", "items": [["x" * MAX_NAME, document]]}

    with pytest.raises(WireError, match="nested"):
        Decoder({}).decode(document)


def test_a_key_that_is_too_long_cannot_be_encoded():
    with pytest.raises(WireError, match="a key of a dict"):
        Encoder().encode({"x" * (MAX_NAME + 1): 1})


def test_decoded_texts_can_be_stored_in_every_database():
    assert Decoder({}).decode("a\0b\ud800c\U0001f600") == "a\ufffdb\ufffdc\U0001f600"
    assert Decoder({}).decode({"$": "other", "type": "\0"}) == Other("\ufffd")
