"""Airfoils with lift, lift over drag, moment and thickness prescribed, in airfoils.png; needs the extra airfoils."""

from lso_native import airfoils

designer = airfoils.Designer(random_state=0).fit()  # once, for all targets: some 20 seconds
wanted = airfoils.Target(lift=0.9, ratio=115, moment=-0.08, thickness=0.13, name="mine")
result = designer.design(wanted, 20, random_state=0)
print(result)

judge = airfoils.NeuralFoil("large")  # which nothing was asked so far
print(f"{wanted.met(judge(result.samples)).sum()} of 20 meet it, {result.calls.sum()} calls")
airfoils.designs_picture(wanted, result.samples[result.success]).save("airfoils.png")
