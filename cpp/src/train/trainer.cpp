#include "train/trainer.hpp"

#include "train/minibatch.hpp"
#include "train/online.hpp"

namespace lso {

template <class T>
std::unique_ptr<Trainer<T>> make_trainer(const Chain<T>& chain, const Samples<T>& data, const TrainSettings& settings,
                                         StopSignal& stop) {
  // Sample by sample parameters are put together at the end of an epoch only, too late to average.
  if (settings.batch_size == 1 && settings.average == 0)
    return std::make_unique<OnlineTrainer<T>>(chain, data, settings, stop);
  return std::make_unique<MinibatchTrainer<T>>(chain, data, settings, stop);
}

template std::unique_ptr<Trainer<float>> make_trainer(const Chain<float>&, const Samples<float>&, const TrainSettings&,
                                                      StopSignal&);
template std::unique_ptr<Trainer<double>> make_trainer(const Chain<double>&, const Samples<double>&,
                                                       const TrainSettings&, StopSignal&);

}  // namespace lso
