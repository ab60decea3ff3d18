// A model that asks Python functions, once a tile of lanes and pass.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <utility>

#include "arrays.hpp"
#include "gil.hpp"
#include "lso/differentiable.hpp"
#include "lso/threads.hpp"

namespace lso::bindings {

// function(x (n, n_inputs)) -> (y (n, n_outputs), pullback), pullback(dE/dy (n, n_outputs)) -> dE/dx (n, n_inputs).
// Ctrl-C inside ends the run with what was reached; any other exception goes up.
template <class T>
class PythonDifferentiable final : public Differentiable<T> {
 public:
  PythonDifferentiable(py::function function, std::size_t n_inputs, std::size_t n_outputs, std::size_t lanes_per_call)
      : function_(std::move(function)), n_inputs_(n_inputs), n_outputs_(n_outputs), lanes_per_call_(lanes_per_call) {}

  [[nodiscard]] std::size_t n_inputs() const override { return n_inputs_; }
  [[nodiscard]] std::size_t n_outputs() const override { return n_outputs_; }
  [[nodiscard]] std::size_t lanes_per_call() const override { return lanes_per_call_; }
  [[nodiscard]] bool is_concurrent() const override { return false; }

  [[nodiscard]] std::unique_ptr<DifferentiablePass<T>> pass(std::size_t /*lanes*/) const override {
    return std::make_unique<PythonPass>(function_);
  }

 private:
  class PythonPass final : public DifferentiablePass<T> {
   public:
    explicit PythonPass(const py::function& function) : function_(function) {}
    ~PythonPass() override {
      const WithGil acquired;
      pullback_ = py::object();
    }
    PythonPass(const PythonPass&) = delete;
    PythonPass& operator=(const PythonPass&) = delete;

    void forward(Lanes<const T> x, Lanes<T> y) override {
      interruptibly([&] {
        pullback_ = py::object();  // what it holds is free before more is asked for
        const py::object said = call_python(function_, py::make_tuple(rows_of(x)));
        if (!py::isinstance<py::tuple>(said) || py::len(said) != 2) {
          refuse("function", "a tuple (outputs, pullback)", std::string(py::str(py::type::of(said).attr("__name__"))));
        }
        take(py::tuple(said)[0], "function: outputs", y);
        pullback_ = py::tuple(said)[1];
      });
    }

    void backward(Lanes<const T> /*x*/, Lanes<const T> /*y*/, Lanes<const T> g, Lanes<T> out) override {
      interruptibly([&] { take(call_python(pullback_, py::make_tuple(rows_of(g))), "function: gradient", out); });
    }

   private:
    template <class Call>
    static void interruptibly(Call call) {
      const WithGil acquired;
      try {
        call();
      } catch (const py::error_already_set& error) {
        if (error.matches(PyExc_KeyboardInterrupt)) throw Interruption();
        throw;
      }
    }

    static py::array rows_of(Lanes<const T> lanes) {
      const auto [array, rows] = new_rows<T>(lanes.lanes, lanes.nodes);
      lanes_to_rows<T>(lanes, rows);
      return array;
    }

    static void take(const py::object& said, const std::string& name, Lanes<T> lanes) {
      const Array<T> array = numbers<T>(said, name);
      if (array.ndim() != 2 || static_cast<std::size_t>(array.shape(0)) != lanes.lanes ||
          static_cast<std::size_t>(array.shape(1)) != lanes.nodes) {
        refuse(name, "shape (" + std::to_string(lanes.lanes) + ", " + std::to_string(lanes.nodes) + ")",
               "shape " + shape_text(array));
      }
      rows_to_lanes<T>({array.data(), lanes.lanes, lanes.nodes}, lanes);
    }

    const py::function& function_;
    py::object pullback_;
  };

  py::function function_;
  std::size_t n_inputs_, n_outputs_, lanes_per_call_;
};

}  // namespace lso::bindings
