y.backward()
print(x.grad)
