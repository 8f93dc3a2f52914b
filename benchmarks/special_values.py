"""Record what PyTorch, JAX and TensorFlow answer on the special values of chapters 7 and 11.

Run with ``python -m benchmarks.special_values`` where they are installed; writes
``benchmarks/results/special_values.json``, from which the chapters print. A library that is not
installed is left out, and its column with it.
"""

import importlib.util
import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "special_values.json"
INF, NAN = np.inf, np.nan
Function = Callable[[Any], Any]

# What is computed, of what. A name without a dtype means float32.
CASES: dict[str, tuple[str, Any]] = {
    "[]": ("logsumexp", np.array([], np.float32)),
    "[-inf, -inf]": ("logsumexp", np.array([-INF, -INF], np.float32)),
    "[inf, 0]": ("logsumexp", np.array([INF, 0.0], np.float32)),
    "[inf, -inf]": ("logsumexp", np.array([INF, -INF], np.float32)),
    "[nan, inf]": ("logsumexp", np.array([NAN, INF], np.float32)),
    "uint8 [0, 255]": ("logsumexp", np.array([0, 255], np.uint8)),
    "int8 [100, -100]": ("logsumexp", np.array([100, -100], np.int8)),
    "float16, 100000 zeros": ("logsumexp", np.zeros(100_000, np.float16)),
    "float64 [0, -40]": ("logsumexp", np.array([0.0, -40.0])),
    "softmax int8 [100, -100]": ("softmax", np.array([100, -100], np.int8)),
    "softmax [-inf, -inf]": ("softmax", np.array([-INF, -INF], np.float32)),
    "gradient at [-inf, -inf]": ("gradient", np.array([-INF, -INF], np.float32)),
    "the same, where on the result": ("where once", np.array([-INF, -INF], np.float32)),
    "the same, where on input and result": ("where twice", np.array([-INF, -INF], np.float32)),
    "attention, all masked": ("attention", np.zeros((1, 2), bool)),
}


def pytorch() -> tuple[str, Mapping[str, Function]]:
    """PyTorch's functions, by the names of `CASES`."""
    import torch

    def gradient(function: Function) -> Function:
        def of(x: Any) -> Any:
            t = torch.tensor(x, requires_grad=True)
            function(t).backward()
            return t.grad

        return of

    def once(t: Any) -> Any:
        return torch.where(torch.isneginf(t).all(), 0.0, torch.logsumexp(t, 0))

    def twice(t: Any) -> Any:
        masked = torch.isneginf(t).all()
        safe = torch.where(masked, 0.0, t)
        return torch.where(masked, 0.0, torch.logsumexp(safe, 0))

    def attention(keep: Any) -> Any:
        q, k = torch.ones(1, 4), torch.ones(2, 4)
        v = torch.tensor([[1.0], [3.0]])
        mask = torch.from_numpy(keep)
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    return torch.__version__, {
        "logsumexp": lambda x: torch.logsumexp(torch.from_numpy(x), 0),
        "softmax": lambda x: torch.softmax(torch.from_numpy(x), 0),
        "gradient": gradient(lambda t: torch.logsumexp(t, 0)),
        "where once": gradient(once),
        "where twice": gradient(twice),
        "attention": attention,
    }


def jax() -> tuple[str, Mapping[str, Function]]:
    """JAX's functions, by the names of `CASES`."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def attention(keep: Any) -> Any:
        q, k = jnp.ones((1, 1, 4)), jnp.ones((2, 1, 4))
        v = jnp.array([[[1.0] * 4], [[3.0] * 4]])
        return jax.nn.dot_product_attention(q, k, v, mask=keep[None])[0, 0, :1]

    def once(t: Any) -> Any:
        return jnp.where(jnp.isneginf(t).all(), 0.0, jax.nn.logsumexp(t))

    def twice(t: Any) -> Any:
        masked = jnp.isneginf(t).all()
        safe = jnp.where(masked, 0.0, t)
        return jnp.where(masked, 0.0, jax.nn.logsumexp(safe))

    return jax.__version__, {
        "logsumexp": lambda x: jax.nn.logsumexp(jnp.asarray(x)),
        "softmax": lambda x: jax.nn.softmax(jnp.asarray(x)),
        "gradient": lambda x: jax.grad(jax.nn.logsumexp)(jnp.asarray(x)),
        "where once": lambda x: jax.grad(once)(jnp.asarray(x)),
        "where twice": lambda x: jax.grad(twice)(jnp.asarray(x)),
        "attention": attention,
    }


def tensorflow() -> tuple[str, Mapping[str, Function]]:
    """TensorFlow's functions, by the names of `CASES`; it has no attention of this kind."""
    import tensorflow as tf

    def gradient(function: Function) -> Function:
        def of(x: Any) -> Any:
            t = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(t)
                y = function(t)
            return tape.gradient(y, t)

        return of

    def once(t: Any) -> Any:
        masked = tf.reduce_all(tf.math.is_inf(t))
        return tf.where(masked, 0.0, tf.reduce_logsumexp(t))

    def twice(t: Any) -> Any:
        masked = tf.reduce_all(tf.math.is_inf(t))
        safe = tf.where(masked, 0.0, t)
        return tf.where(masked, 0.0, tf.reduce_logsumexp(safe))

    return tf.__version__, {
        "logsumexp": lambda x: tf.reduce_logsumexp(tf.constant(x)),
        "softmax": lambda x: tf.nn.softmax(tf.constant(x)),
        "gradient": gradient(tf.reduce_logsumexp),
        "where once": gradient(once),
        "where twice": gradient(twice),
    }


LIBRARIES = {
    "PyTorch": ("torch", pytorch),
    "JAX": ("jax", jax),
    "TensorFlow": ("tensorflow", tensorflow),
}


def answer(function: Function | None, value: Any) -> str:
    """Return the result to three digits, ``error`` if there is none, ``""`` without a function."""
    if function is None:
        return ""
    try:
        found = np.asarray(function(value), dtype=float)
    except Exception:
        return "error"
    return ", ".join(f"{number:.3g}" for number in found.ravel())


def main() -> None:
    """Run every case through every library installed and write the answers with the versions."""
    record: dict[str, Any] = {"versions": {}, "python": platform.python_version(), "answers": {}}
    for name, (module, load) in LIBRARIES.items():
        if importlib.util.find_spec(module):
            version, functions = load()
            record["versions"][name] = version
            record["answers"][name] = {
                case: answer(functions.get(kind), value) for case, (kind, value) in CASES.items()
            }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
