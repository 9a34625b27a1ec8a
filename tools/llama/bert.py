"""Write the sentence embedding model all-MiniLM-L6-v2 as a GGUF file, from the files of a Python package.

Run by check.py with the PyPI package `gguf` on PYTHONPATH: bert.py DIRECTORY TYPE FILE.gguf. The type is that of the
matrices of the layers.
"""

import json
import pathlib
import sys

import gguf
import numpy as np

QUANTISED = tuple(f"{name}.weight" for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_down"))

# Names of PyTorch's modules, and llama.cpp's.
OUTSIDE = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.LayerNorm": "token_embd_norm",
}
INSIDE = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def tensors(path):
    """Name and values of each tensor of a safetensors file: a length, a header in JSON, the data."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    size = int(data[:8].view("<u8")[0])
    for name, entry in json.loads(bytes(data[8 : 8 + size])).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            yield name, data[8 + size + start : 8 + size + end].view("<f4").reshape(entry["shape"])


def renamed(name):
    """llama.cpp's name of a tensor; None for one that it has no use for."""
    if name in OUTSIDE:
        return OUTSIDE[name]
    module, _, part = name.rpartition(".")
    if module in OUTSIDE:
        return f"{OUTSIDE[module]}.{part}"
    if not name.startswith("encoder.layer."):
        return None
    layer, _, module = module.removeprefix("encoder.layer.").partition(".")
    return f"blk.{layer}.{INSIDE[module]}.{part}"


def write_vocabulary(writer, directory):
    """The word pieces: llama.cpp marks beginnings of words where BERT marks continuations."""
    pieces = (directory / "vocab.txt").read_text(encoding="utf-8").splitlines()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    kinds = [gguf.TokenType.CONTROL if piece in special else gguf.TokenType.NORMAL for piece in pieces]
    spelt = [
        piece if piece in special else piece[2:] if piece.startswith("##") else "\u2581" + piece for piece in pieces
    ]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(spelt)
    writer.add_token_types(kinds)
    writer.add_pad_token_id(pieces.index("[PAD]"))
    writer.add_unk_token_id(pieces.index("[UNK]"))
    writer.add_bos_token_id(pieces.index("[CLS]"))
    writer.add_sep_token_id(pieces.index("[SEP]"))
    writer.add_mask_token_id(pieces.index("[MASK]"))


def main(directory, kind, path):
    directory = pathlib.Path(directory)
    config = json.loads((directory / "config.json").read_text())
    weight_type = gguf.GGMLQuantizationType[kind.upper()]
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_token_type_count(config["type_vocab_size"])
    write_vocabulary(writer, directory)
    for name, values in tensors(directory / "model.safetensors"):
        name = renamed(name)
        if name is None:
            continue
        tensor_type = weight_type if name.endswith(QUANTISED) else gguf.GGMLQuantizationType.F32
        data = gguf.quants.quantize(np.ascontiguousarray(values), tensor_type)
        writer.add_tensor(name, data, raw_dtype=tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(*sys.argv[1:])
