"""Write a llama model with random weights: real shapes, no download from a model hub.

Run by steps.py with the PyPI package `gguf` on PYTHONPATH; also by hand:

    PYTHONPATH=build/llama/python python3 tools/llama/model.py --size medium --type q4_0 \
        --vocab build/llama/source/models/ggml-vocab-llama-spm.gguf medium-q4_0.gguf

The weights are normal with variance 1 / inputs, so that the activations keep their size from layer to layer.
The same size always gives the same values; K-quants are made from an f16 file by `llama-quantize`.
"""

import argparse
import dataclasses

import gguf
import numpy as np


@dataclasses.dataclass(frozen=True)
class Size:
    """The shape of a llama model; the head dimension is `embd / heads`."""

    embd: int
    layers: int
    ff: int
    heads: int
    kv_heads: int

    @property
    def kv(self):
        """Rows of the key and value projections."""
        return self.embd // self.heads * self.kv_heads

    def projections(self):
        """Name, rows and columns of the seven weights of a layer: all that a prompt sends to BLAS."""
        return [
            ("attn_q", self.embd, self.embd),
            ("attn_k", self.kv, self.embd),
            ("attn_v", self.kv, self.embd),
            ("attn_output", self.embd, self.embd),
            ("ffn_gate", self.ff, self.embd),
            ("ffn_up", self.ff, self.embd),
            ("ffn_down", self.embd, self.ff),
        ]


SIZES = {
    # for trying things: 45 million weights in the layers
    "small": Size(embd=1024, layers=4, ff=2816, heads=16, kv_heads=4),
    # for measuring: 541 MFLOP for each token outside the output head, every row a multiple of 256
    "medium": Size(embd=2048, layers=6, ff=5632, heads=32, kv_heads=8),
}

TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "q4_0": (gguf.GGMLQuantizationType.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0),
    "q4_1": (gguf.GGMLQuantizationType.Q4_1, gguf.LlamaFileType.MOSTLY_Q4_1),
    "q5_0": (gguf.GGMLQuantizationType.Q5_0, gguf.LlamaFileType.MOSTLY_Q5_0),
    "q5_1": (gguf.GGMLQuantizationType.Q5_1, gguf.LlamaFileType.MOSTLY_Q5_1),
    "mxfp4": (gguf.GGMLQuantizationType.MXFP4, gguf.LlamaFileType.MOSTLY_MXFP4_MOE),
}


def copy_vocabulary(writer, path):
    """Copy the tokenizer from a vocabulary file; return its pieces and their kinds."""
    fields = gguf.GGUFReader(path).fields
    for name, field in fields.items():
        if name.startswith("tokenizer."):
            element = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), field.types[0], element)
    kinds = fields["tokenizer.ggml.token_type"].contents()
    return fields["tokenizer.ggml.tokens"].contents(), kinds


def readable(piece, kind):
    """Whether a token is plain ASCII letters, perhaps after the sign that stands for a space."""
    letters = piece.removeprefix("\u2581")
    return kind == gguf.TokenType.NORMAL and letters.isascii() and letters.isalpha()


def write_model(path, size, kind, vocabulary):
    """Write the model of shape `size` with the weights of its layers as `kind` to `path`."""
    weight_type, file_type = TYPES[kind]
    writer = gguf.GGUFWriter(path, "llama")
    pieces, kinds = copy_vocabulary(writer, vocabulary)
    writer.add_name("random llama")
    writer.add_file_type(file_type)
    writer.add_context_length(4096)
    writer.add_embedding_length(size.embd)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.ff)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.kv_heads)
    writer.add_rope_dimension_count(size.embd // size.heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(pieces))

    random = np.random.default_rng(1)

    def normal(rows, columns, deviation):
        values = random.standard_normal((rows, columns), dtype=np.float32)
        values *= np.float32(deviation)
        return values

    def add(name, values, tensor_type):
        data = gguf.quants.quantize(values, tensor_type)
        writer.add_tensor(name, data, raw_dtype=tensor_type)

    # The output head sees one token at a time: it is read by the CPU backend, never by BLAS.
    side_type = gguf.GGMLQuantizationType.F16 if kind == "f32" else weight_type
    ones = np.ones(size.embd, dtype=np.float32)
    add("token_embd.weight", normal(len(pieces), size.embd, 1.0), side_type)
    head = normal(len(pieces), size.embd, size.embd**-0.5)
    # A row of zeros never has the largest logit: the model speaks in letters and never ends its text.
    head[[not readable(piece, kind) for piece, kind in zip(pieces, kinds)]] = 0.0
    add("output.weight", head, side_type)
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(size.layers):
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", ones)
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", ones)
        for name, rows, columns in size.projections():
            add(f"blk.{layer}.{name}.weight", normal(rows, columns, columns**-0.5), weight_type)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    parser = argparse.ArgumentParser(description="write a llama model with random weights")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--type", choices=TYPES, default="f32", help="of the weights of the layers")
    parser.add_argument("--vocab", required=True, help="a vocabulary file of the llama.cpp source")
    parser.add_argument("path")
    arguments = parser.parse_args()
    write_model(arguments.path, SIZES[arguments.size], arguments.type, arguments.vocab)


if __name__ == "__main__":
    main()
