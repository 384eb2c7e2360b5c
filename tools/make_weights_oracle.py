"""Records what the reference safetensors parser says of a corpus of headers.

Writes test/fixtures/safetensors_verdicts.json: for each case the header text, the bytes of data after it, and whether
`safetensors.deserialize` accepts the file. The test of our own parser replays the corpus
and lists every case where the two disagree, with the reason.

    pip install safetensors==0.8.0
    python tools/make_weights_oracle.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import safetensors

OUT = Path(__file__).parent.parent / "test" / "fixtures" / "safetensors_verdicts.json"


def entry(name="a", dtype='"U8"', shape="[1]", offsets="[0,1]"):
    return f'"{name}":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}}}'


def one(data=1, **kwargs):
    return "{" + entry(**kwargs) + "}", data


def corpus():
    """(name, header text, bytes of data) of every case; the text is the whole header."""
    two = lambda a, b, data: ("{" + entry("a", **a) + "," + entry("b", **b) + "}", data)
    cases = {
        "plain": one(),
        "empty object": ("{}", 0),
        "empty header": ("", 0),
        "empty object with data": ("{}", 1),
        "space around": (" \t\r\n" + one()[0] + " \n\r\t", 1),
        "space inside": ('{ "a" : { "dtype" : "U8" , "shape" : [ 1 ] , "data_offsets" : [ 0 , 1 ] } }', 1),
        "fields in another order": ('{"a":{"data_offsets":[0,1],"shape":[1],"dtype":"U8"}}', 1),
        "byte order mark": ("\ufeff" + one()[0], 1),
        "vertical tab": ("\v" + one()[0], 1),
        "array": ("[]", 0),
        "string": ('"a"', 0),
        "null": ("null", 0),
        "trailing garbage": ("{} x", 0),
        "trailing NUL": ("{}\0", 0),
        "two objects": ("{}{}", 0),
        "trailing comma": ("{" + entry() + ",}", 1),
        "comment": ("{/**/}", 0),
        "NaN": one(shape="[NaN]"),
        "leading zero": one(shape="[01]"),
        "plus sign": one(shape="[+1]"),
        "missing brace": ("{" + entry(), 1),
        "deep": ('{"a":' + "[" * 500, 0),
        "deep and closed": ('{"a":' + "[" * 200 + "]" * 200 + "}", 0),
        "raw control character": ('{"a\x01":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
        "unknown escape": one(name="\\x41"),
        "escaped name": one(name="\\u0061\\n\\/\\ud83d\\ude00"),
        "lone surrogate": one(name="\\ud800"),
        "name __proto__": one(name="__proto__"),
        "empty name": one(name=""),
        "duplicate tensor, other range": ("{" + entry() + "," + entry(offsets="[1,2]") + "}", 2),
        "duplicate tensor, same range": ("{" + entry() + "," + entry() + "}", 1),
        "duplicate tensor, escaped": ("{" + entry() + "," + entry("\\u0061", offsets="[1,2]") + "}", 2),
        "duplicate dtype": ('{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
        "duplicate shape": ('{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}', 1),
        "duplicate metadata": ('{"__metadata__":{},"__metadata__":{}}', 0),
        "duplicate metadata key": ('{"__metadata__":{"k":"1","k":"2"}}', 0),
        "metadata": ('{"__metadata__":{"format":"pt"},' + entry() + "}", 1),
        "metadata at the end": ("{" + entry() + ',"__metadata__":{"format":"pt"}}', 1),
        "metadata number": ('{"__metadata__":{"k":1}}', 0),
        "metadata object": ('{"__metadata__":{"k":{}}}', 0),
        "metadata null value": ('{"__metadata__":{"k":null}}', 0),
        "metadata null": ('{"__metadata__":null}', 0),
        "metadata array": ('{"__metadata__":[]}', 0),
        "metadata tensor": one(name="__metadata__"),
        "no dtype": ('{"a":{"shape":[1],"data_offsets":[0,1]}}', 1),
        "no shape": ('{"a":{"dtype":"U8","data_offsets":[0,1]}}', 1),
        "no offsets": ('{"a":{"dtype":"U8","shape":[1]}}', 1),
        "extra field": ('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"strides":[1]}}', 1),
        "entry number": ('{"a":1}', 0),
        "entry array": ('{"a":["U8",[1],[0,1]]}', 1),
        "entry null": ('{"a":null}', 0),
        "dtype number": one(dtype="1"),
        "dtype object": one(dtype='{"U8":null}'),
        "dtype unknown": one(dtype='"F7"'),
        "dtype lower case": one(dtype='"u8"'),
        "dtype empty": one(dtype='""'),
        "shape number": one(shape="1"),
        "shape null": one(shape="null"),
        "shape -1": one(shape="[-1]"),
        "shape 1.5": one(shape="[1.5]"),
        "shape 1.0": one(shape="[1.0]"),
        "shape 1e0": one(shape="[1e0]"),
        "shape -0": one(data=0, shape="[-0]", offsets="[0,0]"),
        "shape string": one(shape='["1"]'),
        "shape nested": one(shape="[[1]]"),
        "shape true": one(shape="[true]"),
        "shape 2^53 + 1": one(shape="[9007199254740993]"),
        "shape 2^64": one(shape="[18446744073709551616]"),
        "shape overflow": one(data=4, dtype='"F32"', shape="[2,18446744073709551614]", offsets="[0,4]"),
        "shape wraps to 4": one(data=4, dtype='"U8"', shape="[4194305,4194305,211106198978564]", offsets="[0,4]"),
        "shape bits overflow": one(data=4, dtype='"F32"', shape="[4611686018427387904]", offsets="[0,4]"),
        "shape zero times large": one(data=0, shape="[0,18446744073709551615]", offsets="[0,0]"),
        "shape large times large times zero": one(data=0, shape="[4294967296,4294967296,0]", offsets="[0,0]"),
        "scalar": one(data=4, dtype='"F32"', shape="[]", offsets="[0,4]"),
        "zero-sized": one(data=0, shape="[3,0]", offsets="[0,0]"),
        "many ones": one(shape="[" + ",".join(["1"] * 200) + "]"),
        "misaligned bits F4": one(data=2, dtype='"F4"', shape="[3]", offsets="[0,2]"),
        "aligned bits F4": one(data=2, dtype='"F4"', shape="[4]", offsets="[0,2]"),
        "misaligned bits F6": one(data=2, dtype='"F6_E2M3"', shape="[2]", offsets="[0,2]"),
        "offsets empty": one(offsets="[]"),
        "offsets one": one(offsets="[1]"),
        "offsets three": one(offsets="[0,1,1]"),
        "offsets reversed": one(offsets="[1,0]"),
        "offsets object": one(offsets="{}"),
        "offsets -1": one(offsets="[-1,0]"),
        "offsets 2^64": one(offsets="[0,18446744073709551616]"),
        "end far beyond": one(data=4, shape="[1000]", offsets="[0,1000]"),
        "end one beyond": one(data=4, shape="[5]", offsets="[0,5]"),
        "full overlap": two({"shape": "[4]", "offsets": "[0,4]"}, {"shape": "[4]", "offsets": "[0,4]"}, 4),
        "overlap by one": two({"shape": "[4]", "offsets": "[0,4]"}, {"shape": "[4]", "offsets": "[3,7]"}, 7),
        "hole at start": one(data=2, offsets="[1,2]"),
        "hole in the middle": two({}, {"offsets": "[2,3]"}, 3),
        "hole at the end": one(data=2),
        "reverse order": two({"offsets": "[1,2]"}, {"offsets": "[0,1]"}, 2),
        "empty tensor at start": two({"shape": "[0]", "offsets": "[0,0]"}, {}, 1),
        "empty tensor at end": two({}, {"shape": "[0]", "offsets": "[1,1]"}, 1),
        "empty tensor inside": two({"shape": "[4]", "offsets": "[0,4]"}, {"shape": "[0]", "offsets": "[2,2]"}, 4),
        "empty tensor past the end": two({}, {"shape": "[0]", "offsets": "[5,5]"}, 1),
        "size too large": one(data=5, dtype='"F32"', shape="[1]", offsets="[0,5]"),
        "size too small": one(data=3, dtype='"F32"', shape="[1]", offsets="[0,3]"),
        "size zero": one(data=0, shape="[1]", offsets="[0,0]"),
        "unaligned data": ("{" + entry(dtype='"F32"', offsets="[0,4]") + "} ", 4),
    }
    for bits, names in {
        8: "BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ",
        16: "I16 U16 F16 BF16",
        32: "I32 U32 F32",
        64: "C64 F64 I64 U64",
    }.items():
        for name in names.split():
            cases[f"dtype {name}"] = one(data=bits // 4, dtype=f'"{name}"', shape="[2]", offsets=f"[0,{bits // 4}]")
    return [(name, header, data) for name, (header, data) in cases.items()]


def accepts(header: str, data: int) -> bool:
    text = header.encode("utf-8", "surrogatepass")
    try:
        safetensors.deserialize(len(text).to_bytes(8, "little") + text + bytes(data))
        return True
    except safetensors.SafetensorError:
        return False


def main():
    cases = [
        {"name": name, "header": header, "data": data, "accepted": accepts(header, data)}
        for name, header, data in corpus()
    ]
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    OUT.write_text(f'{{\n "reference": "safetensors {version("safetensors")}",\n "cases": [\n{lines}\n ]\n}}\n')
    print(f"{len(cases)} cases, {sum(case['accepted'] for case in cases)} accepted")


if __name__ == "__main__":
    main()
